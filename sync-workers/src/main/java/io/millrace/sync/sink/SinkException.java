package io.millrace.sync.sink;

import org.jspecify.annotations.Nullable;

/** A write of which nothing is known to be applied. The message says what is wrong and where. */
public class SinkException extends Exception {

    private final ErrorCategory category;

    public SinkException(ErrorCategory category, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.category = category;
    }

    public static SinkException retryable(String message, @Nullable Throwable cause) {
        return new SinkException(ErrorCategory.RETRYABLE, message, cause);
    }

    public ErrorCategory category() {
        return category;
    }
}
