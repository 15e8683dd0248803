package io.millrace.localstack;

import java.time.Duration;

/**
 * One step in the life of one service.
 *
 * @param service the service
 * @param state where it is now
 * @param message a short sentence part for people, such as {@code unpacking elasticsearch-8.19.21.zip}
 * @param elapsed the time since this service was told to start or stop
 */
public record ServiceProgress(Service service, State state, String message, Duration elapsed) {

    /** Where a service can be. */
    public enum State {
        PREPARING,
        STARTING,
        READY,
        FAILED,
        STOPPING,
        STOPPED
    }

    /** The line to print: {@code PostgreSQL: ready in 1.2 s}. */
    @Override
    public String toString() {
        return service.displayName() + ": " + message;
    }
}
