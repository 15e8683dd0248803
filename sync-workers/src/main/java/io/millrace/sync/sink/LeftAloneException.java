package io.millrace.sync.sink;

import java.time.Duration;

/** The service asked to be left alone for a time, and is. */
public final class LeftAloneException extends SinkException {

    private final Duration time;
    private final boolean asked;

    /**
     * @param time from now on
     * @param asked whether it said so when it was given this change; otherwise it was not given it
     */
    public LeftAloneException(String message, Duration time, boolean asked) {
        super(ErrorCategory.RETRYABLE, message, null);
        this.time = time;
        this.asked = asked;
    }

    public Duration time() {
        return time;
    }

    public boolean wasAsked() {
        return asked;
    }
}
