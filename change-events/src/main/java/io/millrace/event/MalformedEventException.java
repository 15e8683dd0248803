package io.millrace.event;

/** A record that is not an event of this contract. Delivering it again would not help. */
public final class MalformedEventException extends RuntimeException {

    public MalformedEventException(String message, Throwable cause) {
        super(message, cause);
    }
}
