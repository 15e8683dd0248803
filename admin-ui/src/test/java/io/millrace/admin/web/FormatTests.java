package io.millrace.admin.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class FormatTests {

    private static final Instant NOW = Instant.parse("2026-11-21T14:02:07.412345Z");
    private final Format format = new Format(ZoneOffset.UTC, NOW);

    @Test
    void todayNeedsNoDate() {
        assertThat(format.clock(NOW)).isEqualTo("14:02:07.412");
        assertThat(format.clock(NOW.minus(Duration.ofDays(1)))).isEqualTo("2026-11-20 14:02:07.412");
        assertThat(new Format(ZoneId.of("Europe/Stockholm"), NOW).clock(NOW)).isEqualTo("15:02:07.412");
    }

    @Test
    void unknownIsADashAndNeverZero() {
        assertThat(format.bytes(null)).isEqualTo("–");
        assertThat(format.lag(null)).isEqualTo("–");
        assertThat(format.count(null)).isEqualTo("–");
        assertThat(format.clock(null)).isEqualTo("–");
    }

    @Test
    void numbersCarryUnits() {
        assertThat(format.bytes(14L << 20)).isEqualTo("14.0 MB");
        assertThat(format.bytes(999)).isEqualTo("999 bytes");
        assertThat(format.rate(2117.4)).isEqualTo("2,117");
        assertThat(format.rate(0.25)).isEqualTo("0.3");
        assertThat(format.span(Duration.ofSeconds(7300))).isEqualTo("2 h 1 min");
        assertThat(format.lag(0.269)).isEqualTo("269 ms");
    }
}
