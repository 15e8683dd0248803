package io.millrace.capture.engine;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.millrace.capture.publish.Batch.Progress;
import io.millrace.capture.slot.SlotState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceState;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How capture of every source is, for the health endpoint and the metrics. Thread-safe. */
final class CaptureStatus {

    private static final Logger LOG = LoggerFactory.getLogger(CaptureStatus.class);

    private final MeterRegistry meters;
    private final Map<String, State> states = new ConcurrentHashMap<>();
    private final Map<String, String> warnings = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> gauges = new ConcurrentHashMap<>();

    CaptureStatus(MeterRegistry meters) {
        this.meters = meters;
    }

    /** State of one source; {@code state} is null while another process captures it. */
    record State(@Nullable SourceState state, @Nullable String message) {}

    Map<String, State> states() {
        return Map.copyOf(states);
    }

    /** Returns what will stop a source soon unless someone acts, by source. */
    Map<String, String> warnings() {
        return Map.copyOf(warnings);
    }

    /** Returns whether that is another state or message than before. */
    boolean state(String source, SourceState state, @Nullable String message) {
        State now = new State(state, message);
        return !now.equals(states.put(source, now));
    }

    void standby(String source) {
        states.put(source, new State(null, "Another process captures it; this one stands by."));
    }

    void waiting(String source, String message) {
        state(source, SourceState.WAITING, message);
    }

    void forget(String source) {
        states.remove(source);
        warnings.remove(source);
    }

    Counter published(CapturedTable table) {
        return meters.counter("millrace_capture_events", tags(table));
    }

    private static Tags tags(CapturedTable table) {
        return Tags.of("source", table.source(), "table", table.table().toString());
    }

    /** Measures what the source keeps for the slot, and how far capture is behind it. */
    void measure(Source source, Connection connection, @Nullable Progress progress) throws SQLException {
        SlotState slot = SlotState.read(connection, source.slot()).orElse(null);
        if (slot != null) {
            gauge("millrace_slot_retained_bytes", source).set(slot.retainedBytes());
            measureLimit(source, slot);
        }
        if (progress == null) {
            return;
        }
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")) {
            row.next();
            long behind = Math.max(0, row.getLong(1) - progress.endLsn());
            gauge("millrace_capture_lag_bytes", source).set(behind);
            Instant committed = progress.committedAt();
            gauge("millrace_capture_lag_seconds", source)
                    .set(
                            behind < 64 << 10 || committed == null
                                    ? 0
                                    : Math.max(
                                            0,
                                            Duration.between(committed, Instant.now())
                                                    .toSeconds()));
        }
    }

    private void measureLimit(Source source, SlotState slot) {
        Long safe = slot.safeBytes();
        if (safe != null) {
            gauge("millrace_slot_safe_bytes", source).set(safe);
        }
        if (!slot.isInDanger()) {
            warnings.remove(source.name());
            return;
        }
        String warning = "The source keeps " + (slot.retainedBytes() >> 20) + " MB of WAL for the slot " + source.slot()
                + (safe == null ? "" : ", and gives the slot up after " + (safe >> 20) + " MB more")
                + " (max_slot_wal_keep_size): see what keeps capture behind, or raise the limit.";
        if (warnings.put(source.name(), warning) == null) {
            LOG.warn("{}: {}", source.name(), warning);
        }
    }

    private AtomicLong gauge(String name, Source source) {
        return gauges.computeIfAbsent(
                name + " " + source.name(),
                key -> meters.gauge(name, Tags.of("source", source.name()), new AtomicLong()));
    }
}
