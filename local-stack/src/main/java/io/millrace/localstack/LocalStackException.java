package io.millrace.localstack;

import org.jspecify.annotations.Nullable;

/** The local stack cannot do what was asked; the message says why and what to do, and can be shown to a person as it is. */
public final class LocalStackException extends RuntimeException {

    LocalStackException(String message) {
        super(message);
    }

    LocalStackException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
