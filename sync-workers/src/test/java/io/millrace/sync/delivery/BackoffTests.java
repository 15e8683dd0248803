package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTests {

    private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(10));

    @Test
    void waitsDoubleUpToTheLongest() {
        assertThat(backoff.after(1)).isBetween(Duration.ofMillis(75), Duration.ofMillis(100));
        assertThat(backoff.after(4)).isBetween(Duration.ofMillis(600), Duration.ofMillis(800));
        assertThat(backoff.after(50)).isBetween(Duration.ofMillis(7500), Duration.ofSeconds(10));
        assertThat(backoff.after(1_000_000)).isBetween(Duration.ofMillis(7500), Duration.ofSeconds(10));
    }
}
