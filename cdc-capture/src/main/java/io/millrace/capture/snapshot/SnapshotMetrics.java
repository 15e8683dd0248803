package io.millrace.capture.snapshot;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.millrace.catalog.CapturedTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What is measured of snapshots of one run of a source, by table. Its meters go with it: the registry keeps the first of a name, so those
 * of a later run, or of a table that is registered again, would show nothing. Thread-safe.
 */
final class SnapshotMetrics implements AutoCloseable {

    private final MeterRegistry meters;
    private final Map<Long, Of> tables = new ConcurrentHashMap<>();

    SnapshotMetrics(MeterRegistry meters) {
        this.meters = meters;
    }

    Of of(CapturedTable table) {
        return tables.computeIfAbsent(table.id(), id -> new Of(meters, table));
    }

    /** Shows a table no more. */
    void forget(long table) {
        tables.computeIfPresent(table, (id, of) -> {
            of.remove();
            return null;
        });
    }

    @Override
    public void close() {
        Set.copyOf(tables.keySet()).forEach(this::forget);
    }

    /** The meters of one table. */
    static final class Of {

        private static final long UNKNOWN = -1;

        private final MeterRegistry meters;
        private final List<Meter> all = new ArrayList<>();
        private final Counter rows;
        private final Counter rereads;
        private final Counter missing;
        private final AtomicLong running = new AtomicLong();
        private final AtomicLong done = new AtomicLong();
        private final AtomicLong estimated = new AtomicLong(UNKNOWN);
        private final AtomicLong left = new AtomicLong(UNKNOWN);

        Of(MeterRegistry meters, CapturedTable table) {
            this.meters = meters;
            Tags tags = Tags.of("source", table.source(), "table", table.table().toString());
            rows = counter(meters, tags, "millrace_snapshot_rows", "Rows read by snapshots");
            rereads = counter(meters, tags, "millrace_snapshot_rereads", "Rows read again by their key");
            missing = counter(
                    meters, tags, "millrace_snapshot_missing_rows", "Rows that sinks held and the source has no more");
            all.addAll(List.of(
                    rows,
                    rereads,
                    missing,
                    gauge(meters, tags, "millrace_snapshot_running", "1 while a snapshot reads", running),
                    gauge(meters, tags, "millrace_snapshot_rows_done", "Rows that the snapshot has read", done),
                    gauge(
                            meters,
                            tags,
                            "millrace_snapshot_rows_estimated",
                            "Rows that it will have read; -1: unknown",
                            estimated),
                    gauge(meters, tags, "millrace_snapshot_seconds_left", "Until all are read; -1: unknown", left)));
        }

        private static Counter counter(MeterRegistry meters, Tags tags, String name, String description) {
            return Counter.builder(name).description(description).tags(tags).register(meters);
        }

        private static Gauge gauge(MeterRegistry meters, Tags tags, String name, String description, AtomicLong value) {
            return Gauge.builder(name, value, AtomicLong::doubleValue)
                    .description(description)
                    .tags(tags)
                    .register(meters);
        }

        private void remove() {
            all.forEach(meters::remove);
        }

        void running(boolean now) {
            running.set(now ? 1 : 0);
            left.set(now ? left.get() : UNKNOWN);
        }

        void read(int count) {
            rows.increment(count);
        }

        void reread(int count, int missed) {
            rereads.increment(count);
            missing.increment(missed);
        }

        void progress(long rowsDone, @Nullable Long rowsEstimated, @Nullable Long secondsLeft) {
            done.set(rowsDone);
            estimated.set(rowsEstimated == null ? UNKNOWN : rowsEstimated);
            left.set(secondsLeft == null ? UNKNOWN : secondsLeft);
        }
    }
}
