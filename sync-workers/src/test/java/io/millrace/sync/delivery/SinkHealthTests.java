package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;

class SinkHealthTests {

    private final AtomicLong now = new AtomicLong(7);
    private final SinkHealth health = new SinkHealth(now::get);

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void isDownWhenTheCatalogWasNotReadForTenSecondsAndUpWithTheNextLook() {
        health.looked();
        pass(Duration.ofSeconds(10));
        assertThat(health.health().getStatus()).isEqualTo(Status.UP);
        pass(Duration.ofSeconds(1));
        assertThat(health.health().getStatus()).isEqualTo(Status.DOWN);
        assertThat(health.health().getDetails().get("cause"))
                .isEqualTo("The catalog in the platform database has not been read for 11 s: delivery waits for it");
        health.looked();
        assertThat(health.health().getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void faultOfTheServiceIsShownWhileTheCatalogIsRead() {
        health.checked("It is away");
        assertThat(health.health().getDetails().get("cause")).isEqualTo("It is away");
        health.checked(null);
        assertThat(health.health().getStatus()).isEqualTo(Status.UP);
    }
}
