package io.millrace.admin.overview;

import io.millrace.admin.lag.CaptureLag;
import io.millrace.admin.lag.LagSample;
import io.millrace.admin.lag.SinkLag;
import io.millrace.admin.sinks.Sink;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.SourceState;
import io.millrace.catalog.TableState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to the reader's first question.
 *
 * @param kind EMPTY, IN_SYNC, BEHIND, DOWN or UNKNOWN
 * @param upTo everything committed before is in every active sink; null where that cannot be said
 * @param trouble what is wrong, a sentence each, the worst first
 * @param notes what is not wrong and yet not done: pauses, snapshots
 */
record SyncState(
        Kind kind, @Nullable Instant upTo, @Nullable Instant at, List<String> trouble, List<String> notes) {

    enum Kind {
        EMPTY,
        IN_SYNC,
        BEHIND,
        DOWN,
        UNKNOWN
    }

    /** What is younger is called in sync: an idle source is heard of at every heartbeat of capture, 10 s by default. */
    private static final Duration FRESH = Duration.ofSeconds(15);

    static SyncState of(LagSample sample) {
        Instant at = sample.at();
        if (at == null || Duration.between(at, Instant.now()).toSeconds() > 15) {
            return new SyncState(
                    Kind.UNKNOWN,
                    null,
                    at,
                    List.of(
                            at == null
                                    ? "The first sample is not there yet."
                                    : "The platform database does not answer."),
                    List.of());
        }
        if (sample.tables().isEmpty()) {
            return new SyncState(Kind.EMPTY, null, at, List.of(), List.of());
        }
        List<String> trouble = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        if (sample.kafkaError() != null) {
            trouble.add(sample.kafkaError());
        }
        boolean known = sample.kafkaError() == null;
        Instant upTo = at;
        for (CaptureLag capture : sample.captures()) {
            boolean used = sample.tables().stream()
                    .anyMatch(table -> table.source().equals(capture.source().name()));
            if (used) {
                captures(capture, trouble, notes);
                upTo = earlier(upTo, capture.upTo());
            }
        }
        for (CapturedTable table : sample.tables()) {
            String name = table.source() + "." + table.table();
            if (table.state() == TableState.FAILED) {
                trouble.add(name + " failed" + (table.message() == null ? "." : ": " + table.message()));
            } else if (table.state() == TableState.PAUSED) {
                notes.add(name + " is paused.");
            } else if (table.state() == TableState.PENDING) {
                notes.add(name + " waits for capture.");
            } else if (table.state() == TableState.SNAPSHOTTING) {
                notes.add(name + " is being read for the first time.");
            }
            for (SinkLag sink : sample.of(table.id())) {
                if (table.state() == TableState.STREAMING) {
                    upTo = sink(sink, name, upTo, trouble, notes);
                } else if (table.state() == TableState.SNAPSHOTTING) {
                    trouble(sink, name, trouble);
                }
            }
        }
        if (!known) {
            upTo = null;
        }
        boolean fresh = upTo != null && Duration.between(upTo, at).compareTo(FRESH) <= 0;
        Kind kind = !trouble.isEmpty() ? Kind.DOWN : upTo == null || !fresh ? Kind.BEHIND : Kind.IN_SYNC;
        return new SyncState(kind, upTo, at, trouble, notes);
    }

    private static void captures(CaptureLag capture, List<String> trouble, List<String> notes) {
        String name = capture.source().name();
        SourceState state = capture.source().state();
        String message = capture.source().message();
        var probe = capture.probe();
        if (state == SourceState.FAILED || state == SourceState.WAITING) {
            trouble.add("Capture of " + name + (state == SourceState.FAILED ? " failed" : " waits")
                    + (message == null ? "." : ": " + message));
        } else if (probe != null && probe.error() != null) {
            trouble.add("Source " + name + ": " + probe.error());
        } else if (state == SourceState.PAUSED) {
            notes.add("Capture of " + name + " is paused.");
        } else if (state == SourceState.PENDING) {
            notes.add("No capture process has taken up " + name + " yet.");
        }
        if (probe != null && "lost".equals(probe.walStatus())) {
            trouble.add("The replication slot " + capture.source().slot() + " of " + name
                    + " is lost: changes since then cannot be read; take new snapshots.");
        }
    }

    private static @Nullable Instant sink(
            SinkLag sink, String name, @Nullable Instant upTo, List<String> trouble, List<String> notes) {
        if (sink.state() == BindingState.PAUSED) {
            notes.add(new Sink(sink.sink()).title() + " is paused for " + name + ".");
            return upTo;
        }
        trouble(sink, name, trouble);
        return sink.current() ? upTo : earlier(upTo, sink.upTo());
    }

    private static void trouble(SinkLag sink, String name, List<String> trouble) {
        if (sink.state() == BindingState.FAILED) {
            trouble.add(new Sink(sink.sink()).title() + " failed for " + name
                    + (sink.message() == null ? "." : ": " + firstSentence(sink.message())));
        } else if (sink.waitingFor() != null) {
            trouble.add(
                    new Sink(sink.sink()).title() + " does not take " + name + " at the moment: " + sink.waitingFor());
        }
    }

    /** The alert below says the rest. */
    private static String firstSentence(String message) {
        int end = message.indexOf(". ");
        return end < 0 ? message : message.substring(0, end + 1);
    }

    /** Null is unknown, and what is unknown is not in sync. */
    private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
        if (one == null || other == null) {
            return null;
        }
        return one.isBefore(other) ? one : other;
    }

    public String tone() {
        return switch (kind) {
            case IN_SYNC -> "ok";
            case BEHIND -> "warn";
            case DOWN -> "bad";
            case EMPTY, UNKNOWN -> "idle";
        };
    }
}
