package io.millrace.sync.sink.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RetryAfterTests {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration MOST = Duration.ofHours(1);

    private static Optional<Duration> read(String header) {
        return RetryAfter.read(header, NOW, MOST);
    }

    @Test
    void secondsAndDatesAreRead() {
        assertThat(read("120")).contains(Duration.ofSeconds(120));
        assertThat(read(" 7 ")).contains(Duration.ofSeconds(7));
        assertThat(read("Sun, 01 Mar 2026 12:00:30 GMT")).contains(Duration.ofSeconds(30));
    }

    @Test
    void whatSaysNothingIsNothing() {
        for (String header : new String[] {null, "", "0", "-5", "soon", "1.5", "Sun, 01 Mar 2026 11:59:00 GMT"}) {
            assertThat(read(header)).as("%s", header).isEmpty();
        }
    }

    @Test
    void moreThanTheMostIsTheMost() {
        assertThat(read("86400")).contains(MOST);
        assertThat(read("99999999999999999999")).contains(MOST);
        assertThat(read("Sun, 01 Mar 2099 12:00:30 GMT")).contains(MOST);
    }
}
