package io.millrace.capture.slot;

/** Capturing would lose changes, or cannot begin: a person must act. The message says what is wrong and what to do. */
public final class SourceRefusedException extends Exception {

    public SourceRefusedException(String message) {
        super(message);
    }
}
