package io.millrace.sync.delivery;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Waits that double from a least to a most, with jitter of up to a quarter so that workers do not return in step. */
record Backoff(Duration min, Duration max) {

    /** Returns the wait before the attempt after the {@code failures}-th failure, from 1. */
    Duration after(int failures) {
        long doubled = min.toNanos() << Math.min(failures - 1, 20);
        long capped = doubled <= 0 ? max.toNanos() : Math.min(doubled, max.toNanos());
        return Duration.ofNanos(capped - ThreadLocalRandom.current().nextLong(capped / 4 + 1));
    }
}
