package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RememberedTests {

    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    @ParameterizedTest
    @CsvSource({"3600000ms,PT1H", "90s,PT1M30S", "5m,PT5M", "24H,PT24H", "2d,P2D", "' 1 h ',PT1H", "'',PT1M"})
    void settingIsReadInTheUnitsOfElasticsearch(String setting, Duration expected) {
        assertThat(Remembered.gcDeletes(setting)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "0", "1.5h", "500micros", "h", "99999999999999999999s", "9223372036854775807d"})
    void whatIsNoTimeIsNotReliedOn(String setting) {
        assertThat(Remembered.gcDeletes(setting)).isZero();
    }

    @Test
    void leastOfTheIndexesCounts() {
        Remembered configured = new Remembered(Instant.MIN, Duration.ofHours(24));
        Remembered standing = new Remembered(NOW.minusSeconds(60), Duration.ofHours(1));
        assertThat(configured.since(NOW)).isEqualTo(NOW.minus(Duration.ofHours(12)));
        assertThat(configured
                        .and(new Remembered(Instant.MIN, Duration.ofHours(1)))
                        .since(NOW))
                .isEqualTo(NOW.minus(Duration.ofMinutes(30)));
        assertThat(configured.and(standing).since(NOW)).isEqualTo(NOW.minusSeconds(60));
        assertThat(standing.and(configured)).isEqualTo(standing);
    }
}
