package io.millrace.capture.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeartbeatTests {

    private final Timer latency = new SimpleMeterRegistry().timer("latency");
    private final Heartbeat heartbeat = new Heartbeat(latency);

    private void seen(String prefix, String content) {
        heartbeat.seen(prefix, content.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void itsOwnMessageIsMeasuredFromItsTime() {
        seen(Heartbeat.PREFIX, heartbeat.content(System.nanoTime() - TimeUnit.SECONDS.toNanos(3)));
        assertThat(latency.count()).isEqualTo(1);
        assertThat(latency.totalTime(TimeUnit.SECONDS)).isBetween(3.0, 3600.0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "1",
                " 1",
                "1 1",
                "{} 1 1",
                "{}",
                "{} ",
                "{} x",
                "{} 1x",
                "{} 99999999999999999999",
                "ä {}"
            })
    void whatIsMalformedOrOfAnotherRunIsPassedOver(String content) {
        String run = heartbeat.content(0).split(" ", -1)[0];
        seen(Heartbeat.PREFIX, content.replace("{}", run));
        assertThat(latency.count()).isZero();
    }

    @Test
    void whatAnotherRunSentAndWhatIsOfTheFutureIsPassedOver() {
        seen(Heartbeat.PREFIX, new Heartbeat(latency).content(System.nanoTime()));
        seen(Heartbeat.PREFIX, heartbeat.content(System.nanoTime() + TimeUnit.HOURS.toNanos(1)));
        seen("millrace.barrier", heartbeat.content(System.nanoTime()));
        assertThat(latency.count()).isZero();
    }
}
