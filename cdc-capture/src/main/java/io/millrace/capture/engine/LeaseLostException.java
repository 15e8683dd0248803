package io.millrace.capture.engine;

/** This process was stopped or cut off for so long that another may capture the source: it must not go on. */
final class LeaseLostException extends IllegalStateException {

    LeaseLostException(String source) {
        super("The lease of " + source + " ran out; another process may capture it now");
    }
}
