package io.millrace.standalone;

import org.jspecify.annotations.Nullable;

/** What was asked for cannot be done; the message says why and what to do, and is shown to a person as it is. */
public final class Refusal extends RuntimeException {

    public Refusal(String message) {
        super(message);
    }

    public Refusal(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
