package io.millrace.capture.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.TableState;
import io.millrace.event.TableId;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotMetricsTests {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    private static CapturedTable table(long id) {
        return new CapturedTable(
                id,
                "shop",
                new TableId("public", "orders"),
                "shop.public.orders",
                List.of("id"),
                List.of(),
                1,
                ReplicaIdentity.DEFAULT,
                TableState.SNAPSHOTTING,
                null,
                Instant.EPOCH,
                "anna",
                Instant.EPOCH,
                List.of());
    }

    private double shown(String name) {
        return registry.get(name)
                .tags("source", "shop", "table", "public.orders")
                .gauge()
                .value();
    }

    @Test
    void aLaterRunShowsItsOwnFiguresAndNobodyShowsThoseOfAnEarlierOne() {
        try (SnapshotMetrics first = new SnapshotMetrics(registry)) {
            first.of(table(1)).running(true);
            first.of(table(1)).progress(10, 100L, 9L);
            assertThat(shown("millrace_snapshot_rows_done")).isEqualTo(10);
        }
        assertThat(registry.getMeters()).isEmpty();
        try (SnapshotMetrics second = new SnapshotMetrics(registry)) {
            second.of(table(1)).progress(20, null, null);
            assertThat(shown("millrace_snapshot_rows_done")).isEqualTo(20);
            assertThat(shown("millrace_snapshot_running")).isZero();
        }
    }

    @Test
    void aTableThatIsRegisteredAgainShowsItsOwnFigures() {
        try (SnapshotMetrics metrics = new SnapshotMetrics(registry)) {
            metrics.of(table(1)).progress(10, 100L, 9L);
            metrics.forget(1);
            metrics.of(table(2)).progress(20, 100L, 8L);
            assertThat(shown("millrace_snapshot_rows_done")).isEqualTo(20);
        }
    }
}
