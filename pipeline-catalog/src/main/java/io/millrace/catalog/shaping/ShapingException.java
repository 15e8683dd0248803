package io.millrace.catalog.shaping;

/** A shaping that cannot be applied, so that nothing may be sent. The message says what is wrong and what to do. */
public final class ShapingException extends RuntimeException {

    public ShapingException(String message) {
        super(message);
    }
}
