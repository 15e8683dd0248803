package io.millrace.capture.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class WalMarksTests {

    private static final Instant START = Instant.parse("2026-11-21T10:00:00Z");
    private static final Instant HOURS_AGO = START.minus(Duration.ofHours(5));

    private final WalMarks marks = new WalMarks();

    private static Instant second(long second) {
        return START.plusSeconds(second);
    }

    /** Notes the end as it is at a second, and returns the lag then. */
    private Duration lag(long second, long end, long reached) {
        marks.note(second(second), end);
        return marks.lag(reached, HOURS_AGO, second(second));
    }

    @Test
    void whatABusyNeighbourWritesIsNoOlderThanItIs() {
        assertThat(lag(0, 100, 100)).isZero();
        for (int second = 2; second < 5_000; second += 2) {
            // the stream is always behind what was written at this moment, and past what was written before
            assertThat(lag(second, 100 + second, 99 + second)).isZero();
        }
    }

    @Test
    void aStreamThatStandsStillIsAsLateAsWhatItHasNotPassed() {
        assertThat(lag(0, 100, 100)).isZero();
        assertThat(lag(2, 200, 150)).isZero();
        assertThat(lag(4, 200, 150)).hasSeconds(2);
        assertThat(lag(60, 300, 150)).hasSeconds(58);
        assertThat(lag(62, 400, 200)).hasSeconds(2);
        assertThat(lag(64, 400, 400)).isZero();
    }

    @Test
    void afterAStartTheLastCommittedChangeTellsTheAgeUntilAMarkIsPassed() {
        assertThat(lag(0, 500, 100)).isEqualTo(Duration.ofHours(5));
        marks.note(second(2), 600);
        assertThat(marks.lag(300, second(1), second(2)))
                .as("since the first mark")
                .hasSeconds(2);
        assertThat(marks.lag(300, null, second(2))).hasSeconds(2);
        assertThat(lag(4, 700, 500)).hasSeconds(2);
    }

    @Test
    void aServerThatWasSetBackIsNotWaitedForWhereItWas() {
        assertThat(lag(0, 100, 100)).isZero();
        assertThat(lag(2, 9_000, 100)).isZero();
        assertThat(lag(4, 9_500, 100)).hasSeconds(2);
        assertThat(lag(6, 200, 200)).isZero();
        assertThat(lag(8, 300, 200)).isZero();
        assertThat(lag(10, 300, 300)).isZero();
    }

    @Test
    void daysOfStandstillAreKeptCoarselyAndStillToldFromTheirBeginning() {
        assertThat(lag(0, 0, 0)).isZero();
        int seconds = 200_000;
        Duration lag = Duration.ZERO;
        for (int second = 2; second <= seconds; second += 2) {
            lag = lag(second, second, 1);
        }
        assertThat(lag).hasSeconds(seconds - 2);
        Duration half = marks.lag(seconds / 2, HOURS_AGO, second(seconds));
        assertThat(half).isBetween(Duration.ofSeconds(seconds / 4), Duration.ofSeconds(seconds / 2));
    }

    @Test
    void aClockThatIsAheadMakesNoNegativeLag() {
        marks.note(second(10), 100);
        assertThat(marks.lag(0, second(20), second(5))).isZero();
    }
}
