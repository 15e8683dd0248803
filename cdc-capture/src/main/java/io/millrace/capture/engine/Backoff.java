package io.millrace.capture.engine;

import java.time.Duration;

/** How long to wait before the next attempt: doubled from the first to the longest. Not thread-safe. */
final class Backoff {

    private static final Duration FIRST = Duration.ofMillis(500);

    private final Duration longest;
    private Duration next = FIRST;

    Backoff(Duration longest) {
        this.longest = longest;
    }

    void reset() {
        next = FIRST;
    }

    Duration present() {
        return next;
    }

    /** Returns how long to wait now; the next wait is longer. */
    Duration advance() {
        Duration now = next;
        Duration doubled = now.multipliedBy(2);
        next = doubled.compareTo(longest) > 0 ? longest : doubled;
        return now;
    }
}
