package io.millrace.capture.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class StandstillTests {

    private final Standstill standstill = new Standstill(10);

    @Test
    void aSinkStandsThatHasNotMovedForLongerThanIsWaited() {
        assertThat(standstill.look(Map.of("redis", 5L), 100)).isEmpty();
        assertThat(standstill.look(Map.of("redis", 5L), 110)).isEmpty();
        assertThat(standstill.look(Map.of("redis", 5L), 111)).containsExactly("redis");
    }

    @Test
    void aSinkThatMovesOrWasMovedBackHoldsNoOtherSinksClockUp() {
        assertThat(standstill.look(Map.of("redis", 5L, "audit", 5L), 100)).isEmpty();
        assertThat(standstill.look(Map.of("redis", 6L, "audit", 5L), 109)).isEmpty();
        assertThat(standstill.look(Map.of("redis", 2L, "audit", 5L), 118)).containsExactly("audit");
        assertThat(standstill.look(Map.of("redis", 2L, "audit", 6L), 128)).isEmpty();
        assertThat(standstill.look(Map.of("redis", 2L, "audit", 6L), 129)).containsExactly("redis");
    }

    @Test
    void theClockMayBeginAnywhere() {
        assertThat(standstill.look(Map.of("redis", 5L), Long.MAX_VALUE - 4)).isEmpty();
        assertThat(standstill.look(Map.of("redis", 5L), Long.MIN_VALUE + 5)).isEmpty();
        assertThat(standstill.look(Map.of("redis", 5L), Long.MIN_VALUE + 6)).containsExactly("redis");
    }
}
