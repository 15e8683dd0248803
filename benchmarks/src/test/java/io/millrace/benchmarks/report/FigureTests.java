package io.millrace.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FigureTests {

    @Test
    void theMedianDecidesWhetherAGoalHolds() {
        Figure latency = Figure.atMost("p99", "ms", List.of(200.0, 90.0, 100.0), 150);
        assertThat(latency.median()).isEqualTo(100);
        assertThat(latency.min()).isEqualTo(90);
        assertThat(latency.max()).isEqualTo(200);
        assertThat(latency.holds()).isTrue();
        assertThat(Figure.atLeast("burst", "changes/s", List.of(7_000.0, 8_500.0), 8_000)
                        .holds())
                .isFalse();
        assertThat(Figure.of("max", "ms", List.of(1e9)).holds()).isTrue();
    }
}
