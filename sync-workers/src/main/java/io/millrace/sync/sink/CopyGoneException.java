package io.millrace.sync.sink;

import org.jspecify.annotations.Nullable;

/** A copy, or what it was to take the place of, does not exist any more: nothing that waiting brings back. */
public final class CopyGoneException extends SinkException {

    public CopyGoneException(String message, @Nullable Throwable cause) {
        super(ErrorCategory.FATAL, message, cause);
    }
}
