package io.millrace.capture.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LockAttemptsTests {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final LockAttempts attempts = new LockAttempts();

    @Test
    void eachAttemptWaitsTwiceAsLongUpToHalfAMinute() {
        long now = Long.MAX_VALUE - SECOND;
        List<Double> waits = new ArrayList<>();
        for (int attempt = 0; attempt < 9; attempt++) {
            assertThat(attempts.mustWait(7, now)).isFalse();
            attempts.failed(7, now);
            long tried = now;
            while (attempts.mustWait(7, now)) {
                now += SECOND / 4;
            }
            waits.add((now - tried) / (double) SECOND);
        }
        assertThat(waits).containsExactly(0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0);
    }

    @Test
    void anotherTableAndOneThatWasLockedWaitForNothing() {
        attempts.failed(7, 0);
        attempts.failed(7, 0);
        assertThat(attempts.mustWait(8, 0)).isFalse();
        attempts.succeeded(7);
        assertThat(attempts.mustWait(7, 0)).isFalse();
        attempts.failed(7, 0);
        assertThat(attempts.mustWait(7, SECOND / 2)).isFalse();
    }
}
