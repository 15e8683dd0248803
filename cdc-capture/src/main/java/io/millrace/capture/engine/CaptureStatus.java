package io.millrace.capture.engine;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.millrace.capture.publish.Batch.Progress;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceState;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** How capture of every source is, for the health endpoint and the metrics. Thread-safe. */
final class CaptureStatus {

    private static final String HEARTBEAT = "millrace_heartbeat_latency";

    /** The same up to five seconds as those from commit to sink, of which this is the first part. */
    private static final Duration[] BUCKETS = LongStream.of(
                    1, 2, 5, 10, 25, 50, 100, 150, 250, 500, 1_000, 5_000, 30_000, 300_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final MeterRegistry meters;
    private final Map<String, State> states = new ConcurrentHashMap<>();
    private final SlotWatch slots;

    CaptureStatus(MeterRegistry meters, SlotWatch slots) {
        this.meters = meters;
        this.slots = slots;
    }

    /** State of one source; {@code state} is null while another process captures it. */
    record State(@Nullable SourceState state, @Nullable String message) {}

    Map<String, State> states() {
        return Map.copyOf(states);
    }

    /** Returns what will stop a source soon unless someone acts, by source. */
    Map<String, String> warnings() {
        return slots.warnings();
    }

    /** Returns whether that is another state or message than before. */
    boolean state(String source, SourceState state, @Nullable String message) {
        State now = new State(state, message);
        return !now.equals(states.put(source, now));
    }

    void standby(String source) {
        states.put(source, new State(null, "Another process captures it; this one stands by."));
        forgetMeters(source);
    }

    void waiting(String source, String message) {
        state(source, SourceState.WAITING, message);
    }

    void forget(String source) {
        states.remove(source);
        forgetMeters(source);
    }

    private void forgetMeters(String source) {
        slots.forget(source);
        Timer heartbeat = meters.find(HEARTBEAT).tag("source", source).timer();
        if (heartbeat != null) {
            meters.remove(heartbeat);
        }
    }

    Timer heartbeat(Source source) {
        return Timer.builder(HEARTBEAT)
                .description("From before a heartbeat is written at the source until the stream brings it back")
                .tag("source", source.name())
                .serviceLevelObjectives(BUCKETS)
                .register(meters);
    }

    Counter published(CapturedTable table) {
        return meters.counter("millrace_capture_events", tags(table));
    }

    private static Tags tags(CapturedTable table) {
        return Tags.of("source", table.source(), "table", table.table().toString());
    }

    /**
     * Measures a source for the metrics.
     *
     * @param progress how far capture is; null where it never was anywhere
     * @return whether its slot is there, and nobody reads it
     */
    boolean measure(Source source, Connection connection, @Nullable Progress progress) throws SQLException {
        return slots.measure(source, connection, progress);
    }
}
