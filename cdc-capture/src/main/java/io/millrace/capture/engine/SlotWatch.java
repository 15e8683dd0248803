package io.millrace.capture.engine;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.millrace.capture.publish.Batch.Progress;
import io.millrace.capture.slot.SlotState;
import io.millrace.catalog.Source;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the sources keep for their slots and how far capture is behind them, as metrics, and as a warning before a limit is reached. Only
 * the process that has a source's lease tells of it. Thread-safe.
 */
final class SlotWatch {

    private static final Logger LOG = LoggerFactory.getLogger(SlotWatch.class);

    /** What {@code pg_replication_slots.wal_status} may be, and that there is no slot. */
    private static final List<String> STATUSES = List.of("reserved", "extended", "unreserved", "lost", "missing");

    /** What the source writes at this moment is no lag. */
    private static final long NEAR_BYTES = 64 << 10;

    private final MeterRegistry meters;
    private final long warnBytes;
    private final Map<String, Gauges> sources = new ConcurrentHashMap<>();
    private final Map<String, String> warnings = new ConcurrentHashMap<>();

    /** @param warnBytes of WAL kept for a slot that has no limit, from which on that is a warning */
    SlotWatch(MeterRegistry meters, long warnBytes) {
        this.meters = meters;
        this.warnBytes = warnBytes;
    }

    /** The gauges of one source. */
    private static final class Gauges {

        private final WalMarks marks = new WalMarks();
        private final Map<String, Double> values = new ConcurrentHashMap<>();
        private final Map<String, Meter> registered = new HashMap<>();
    }

    /** Returns what will stop a source soon unless someone acts, by source. */
    Map<String, String> warnings() {
        return Map.copyOf(warnings);
    }

    /** Takes the metrics of a source out: another process captures it, or nobody. */
    void forget(String source) {
        warnings.remove(source);
        Gauges gauges = sources.remove(source);
        if (gauges != null) {
            synchronized (gauges) {
                gauges.registered.values().forEach(meters::remove);
                gauges.registered.clear();
            }
        }
    }

    /**
     * Measures the slot of a source, and how far capture is behind.
     *
     * @param progress how far capture is; null where it never was anywhere
     * @return whether the slot is there, and nobody reads it
     */
    boolean measure(Source source, Connection connection, @Nullable Progress progress) throws SQLException {
        SlotState slot = SlotState.read(connection, source.slot()).orElse(null);
        boolean isRead = slot != null && slot.activePid() != null;
        @Nullable String status = slot == null ? "missing" : slot.walStatus();
        for (String each : STATUSES) {
            gauge(source, "millrace_slot_status", Tags.of("status", each), each.equals(status) ? 1 : 0);
        }
        gauge(source, "millrace_slot_active", Tags.empty(), isRead ? 1 : 0);
        gauge(source, "millrace_slot_retained_bytes", Tags.empty(), slot == null ? 0.0 : (double) slot.retainedBytes());
        if (slot != null && slot.safeBytes() != null) {
            gauge(source, "millrace_slot_safe_bytes", Tags.empty(), (double) Math.max(0, slot.safeBytes()));
        }
        warn(source, slot);
        if (progress != null) {
            lag(source, connection, progress);
        }
        return slot != null && !isRead;
    }

    private void lag(Source source, Connection connection, Progress progress) throws SQLException {
        Instant now = Instant.now();
        long end;
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")) {
            row.next();
            end = row.getLong(1);
        }
        long behind = Math.max(0, end - progress.endLsn());
        WalMarks marks = gauges(source).marks;
        marks.note(now, end);
        double seconds =
                marks.lag(progress.endLsn(), progress.committedAt(), now).toMillis() / 1000.0;
        gauge(source, "millrace_capture_lag_bytes", Tags.empty(), (double) behind);
        gauge(source, "millrace_capture_lag_seconds", Tags.empty(), behind < NEAR_BYTES ? 0 : seconds);
    }

    private void warn(Source source, @Nullable SlotState slot) {
        String warning = slot == null ? null : warning(source, slot);
        if (warning == null) {
            warnings.remove(source.name());
        } else if (warnings.put(source.name(), warning) == null) {
            LOG.warn("{}: {}", source.name(), warning);
        }
    }

    private @Nullable String warning(Source source, SlotState slot) {
        Long safe = slot.safeBytes();
        String kept = "The source keeps " + megabytes(slot.retainedBytes()) + " of WAL for the slot " + source.slot();
        if (slot.isInDanger()) {
            return kept
                    + (safe == null ? "" : ", and gives the slot up after " + megabytes(Math.max(0, safe)) + " more")
                    + " (max_slot_wal_keep_size): see what keeps capture behind, or raise the limit.";
        }
        return safe == null && slot.retainedBytes() > warnBytes
                ? kept + ", without a limit until its disk is full: see what keeps capture behind, or set"
                        + " max_slot_wal_keep_size."
                : null;
    }

    private static String megabytes(long bytes) {
        return (bytes >> 20) + " MB";
    }

    private Gauges gauges(Source source) {
        return sources.computeIfAbsent(source.name(), key -> new Gauges());
    }

    private void gauge(Source source, String name, Tags tags, double value) {
        Gauges gauges = gauges(source);
        String key = name
                + tags.stream().map(tag -> " " + tag.getValue()).findFirst().orElse("");
        gauges.values.put(key, value);
        synchronized (gauges) {
            gauges.registered.computeIfAbsent(
                    key, absent -> Gauge.builder(name, gauges.values, values -> values.getOrDefault(key, 0.0))
                            .tags(tags.and("source", source.name()))
                            .register(meters));
        }
    }
}
