package io.millrace.capture.engine;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.millrace.capture.publish.Batch.Progress;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceState;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** How capture of every source is, for the health endpoint and the metrics. Thread-safe. */
final class CaptureStatus {

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
        slots.forget(source);
    }

    void waiting(String source, String message) {
        state(source, SourceState.WAITING, message);
    }

    void forget(String source) {
        states.remove(source);
        slots.forget(source);
    }

    Counter published(CapturedTable table) {
        return meters.counter("millrace_capture_events", tags(table));
    }

    private static Tags tags(CapturedTable table) {
        return Tags.of("source", table.source(), "table", table.table().toString());
    }

    /** @param progress how far capture is; null where it never was anywhere */
    void measure(Source source, Connection connection, @Nullable Progress progress) throws SQLException {
        slots.measure(source, connection, progress);
    }
}
