package io.millrace.capture.slot;

/** The source cannot be captured now, and will be able to by itself: its slot is still being read, or it is a standby. */
public final class SourceNotReadyException extends Exception {

    public SourceNotReadyException(String message) {
        super(message);
    }
}
