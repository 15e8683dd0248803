package io.millrace.admin.tables;

import io.millrace.admin.lag.LagSample;
import io.millrace.admin.lag.Rates;
import io.millrace.admin.lag.SinkLag;
import io.millrace.admin.lag.Sparkline;
import io.millrace.admin.sinks.Sink;
import io.millrace.admin.sinks.Sinks;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.TableState;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One table as lists and its own page show it. */
record TableRow(
        CapturedTable table, @Nullable TableSnapshot snapshot, List<Delivery> deliveries, double rate, Sparkline line) {

    /** Returns whether a sink gets it otherwise than it is. */
    public boolean shaped(String sink) {
        return table.sinks().stream().anyMatch(binding -> binding.sink().equals(sink) && binding.shaping() != null);
    }

    /** One sink of the table, with words for how it is. */
    record Delivery(Sink sink, SinkLag lag, double rate) {

        public String word() {
            if (lag.state() == BindingState.PAUSED) {
                return "paused";
            }
            if (lag.state() == BindingState.FAILED) {
                return "failed";
            }
            if (lag.waitingFor() != null) {
                return "waits";
            }
            if (lag.records() == null) {
                return "unknown";
            }
            return lag.behind() ? "behind" : "current";
        }

        public String tone() {
            return switch (word()) {
                case "failed" -> "bad";
                case "waits" -> "warn";
                case "current" -> "ok";
                case "behind" -> "run";
                default -> "idle";
            };
        }

        public @Nullable String reason() {
            return lag.message() != null ? lag.message() : lag.waitingFor();
        }
    }

    static TableRow of(
            CapturedTable table, @Nullable TableSnapshot snapshot, LagSample sample, Rates rates, Sinks sinks) {
        List<SinkLag> lags = sample.of(table.id());
        List<Delivery> deliveries = table.sinks().stream()
                .map(binding -> new Delivery(
                        sinks.find(binding.sink()).orElseGet(() -> new Sink(binding.sink())),
                        lags.stream()
                                .filter(lag -> lag.sink().equals(binding.sink()))
                                .findFirst()
                                .map(lag -> lag.with(binding))
                                .orElseGet(() -> SinkLag.unknown(table, binding)),
                        rates.sink(binding.sink(), table.id())))
                .sorted(Comparator.comparingInt(delivery -> sinks.all().indexOf(delivery.sink())))
                .toList();
        return new TableRow(table, snapshot, deliveries, rates.table(table.id()), rates.tableLine(table.id(), 60, 2));
    }

    public String name() {
        return table.table().toString();
    }

    public String stateWord() {
        return switch (table.state()) {
            case PENDING -> "waits for capture";
            case SNAPSHOTTING -> percent() == null ? "snapshot" : "snapshot " + percent() + " %";
            case STREAMING -> "streaming";
            case PAUSED -> "paused";
            case FAILED -> "failed";
            case REMOVING -> "being removed";
        };
    }

    public String stateTone() {
        return switch (table.state()) {
            case STREAMING -> "ok";
            case SNAPSHOTTING -> "run";
            case FAILED -> "bad";
            case PENDING, PAUSED, REMOVING -> "idle";
        };
    }

    /** Returns how much of the running snapshot is done, of 100; null without an estimate. */
    public @Nullable Long percent() {
        TableSnapshot present = snapshot;
        Long estimate = present == null ? null : present.rowsEstimated();
        if (present == null || estimate == null || estimate <= 0) {
            return null;
        }
        // an estimate may be low: only the end is 100
        return present.state() == SnapshotState.DONE ? 100 : Math.min(99, present.rowsDone() * 100 / estimate);
    }

    public boolean snapshotRuns() {
        return snapshot != null
                && (snapshot.state() == SnapshotState.RUNNING || snapshot.state() == SnapshotState.REQUESTED);
    }

    /** Returns whether there is something to say of the snapshot now. */
    public boolean snapshotShown() {
        return snapshot != null && (snapshot.isOpen() || snapshot.state() == SnapshotState.FAILED);
    }

    /** Returns what the snapshot does, in a few words. */
    public String snapshotWord() {
        TableSnapshot present = snapshot;
        if (present == null) {
            return "";
        }
        return switch (present.state()) {
            case REQUESTED -> "waits for its turn";
            case RUNNING ->
                present.allRead()
                        ? "all rows are read; the sinks are searched for rows that the source has no more"
                        : "reading";
            case PAUSED -> "paused";
            case DONE -> "done";
            case FAILED -> "failed";
            case CANCELLED -> "cancelled";
        };
    }

    /** Returns how long the snapshot will read on, in words; null where unknown. */
    public @Nullable Duration snapshotLeft() {
        TableSnapshot present = snapshot;
        Long left = present == null ? null : present.secondsLeft();
        return left == null ? null : Duration.ofSeconds(left);
    }

    /** Returns the largest lag of its active sinks, in seconds; null where unknown. */
    public @Nullable Double worst() {
        return deliveries.stream()
                .map(delivery -> delivery.lag().seconds())
                .filter(Objects::nonNull)
                .max(Comparator.naturalOrder())
                .orElse(null);
    }

    public boolean pausable() {
        return table.state() == TableState.STREAMING;
    }

    public boolean resumable() {
        return table.state() == TableState.PAUSED || table.state() == TableState.FAILED;
    }

    public boolean readable() {
        return table.state() == TableState.STREAMING;
    }

    public boolean removable() {
        return table.state() != TableState.REMOVING;
    }
}
