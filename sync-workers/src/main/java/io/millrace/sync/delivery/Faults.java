package io.millrace.sync.delivery;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.Operation;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.sink.SinkKind;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done with what a sink cannot take: dead letters for records, FAILED for bindings. Neither is ever skipped over. */
final class Faults {

    private static final Logger log = LoggerFactory.getLogger(Faults.class);

    /** Events that a person decided to leave out, by offset: in a topic that was made anew, others stand there. */
    record Discarded(Map<Long, String> events) {

        static final Discarded NOTHING = new Discarded(Map.of());

        boolean contains(Received received) {
            String discarded = events.get(received.record().offset());
            return discarded != null && discarded.equals(received.event().eventId());
        }
    }

    /** Notes that a table's way to the sink is FAILED, and why. */
    interface Stop {
        void failed(CapturedTable table, String message);
    }

    private final String sink;
    private final Stop stop;
    private final DeadLetters deadLetters;
    private final DeliveryMetrics metrics;
    private final int maxUnsettled;
    /** What failed unexpectedly, to tell it once with its stack. */
    private final Map<TopicPartition, String> said = new ConcurrentHashMap<>();

    Faults(String sink, Stop stop, DeadLetters deadLetters, DeliveryMetrics metrics, int maxUnsettled) {
        this.sink = sink;
        this.stop = stop;
        this.deadLetters = deadLetters;
        this.metrics = metrics;
        this.maxUnsettled = maxUnsettled;
    }

    /** Keeps what is no event; false if that failed and the partition is held back. */
    boolean malformed(PartitionBatch batch, Outcome outcome) {
        if (batch.malformed().isEmpty()) {
            return true;
        }
        if (!keep(batch.malformed(), batch, outcome)) {
            return false;
        }
        batch.malformed().forEach(letter -> batch.held()
                .add(letter.keyHash(), letter.record().offset()));
        metrics.deadLetters(batch.malformed().size());
        return true;
    }

    /** Keeps a rejected record; false if that failed and its partition is held back, or if the whole table was stopped. */
    boolean rejected(Received received, String cause, @Nullable Throwable thrown, Outcome outcome) {
        if (!kept(List.of(received.rejected(cause, Stack.of(thrown))), received, outcome)) {
            return false;
        }
        metrics.deadLetters(1);
        log.warn(
                "{} rejected offset {} of {}, now a dead letter: {}",
                sink,
                received.record().offset(),
                received.partition(),
                cause);
        return tooMany(received, outcome);
    }

    /** Keeps changes of a row that has a dead letter, to follow when that is settled; false if that failed. */
    boolean behind(List<Received> changes, Outcome outcome) {
        List<Received> fresh = changes.stream()
                .filter(one -> !one.held().kept(one.record().offset()))
                .toList();
        if (fresh.isEmpty()) {
            return true;
        }
        Received last = fresh.get(fresh.size() - 1);
        return kept(fresh.stream().map(Received::behind).toList(), last, outcome) && tooMany(last, outcome);
    }

    private boolean kept(List<DeadLetter> letters, Received received, Outcome outcome) {
        try {
            if (!deadLetters.keep(sink, letters)) {
                outcome.fenceLost();
                return false;
            }
            letters.forEach(letter ->
                    received.held().add(letter.keyHash(), letter.record().offset()));
            return true;
        } catch (RuntimeException e) {
            outcome.holdBack(received.partition(), cannotKeep(e));
            return false;
        }
    }

    private boolean keep(List<DeadLetter> letters, PartitionBatch batch, Outcome outcome) {
        try {
            if (!deadLetters.keep(sink, letters)) {
                outcome.fenceLost();
                return false;
            }
            return true;
        } catch (RuntimeException e) {
            outcome.holdBack(batch.partition(), cannotKeep(e));
            return false;
        }
    }

    private static String cannotKeep(RuntimeException e) {
        return "A rejected record cannot be kept as a dead letter: " + e.getMessage();
    }

    /**
     * A sink that rejects everything has another fault than its records; false if so, and the table is stopped. Many letters may as well be
     * those of few rows, which change often, or of rows that people settled meanwhile.
     */
    private boolean tooMany(Received received, Outcome outcome) {
        if (received.held().size() <= maxUnsettled) {
            return true;
        }
        try {
            if (deadLetters.unsettledRows(sink, received.partition()) <= maxUnsettled) {
                received.held().counted();
                return true;
            }
        } catch (RuntimeException e) {
            outcome.holdBack(
                    received.partition(), "How many rows have dead letters cannot be looked up: " + e.getMessage());
            return false;
        }
        fatal(
                received.change().table(),
                "More than " + maxUnsettled + " rows of " + received.partition()
                        + " have dead letters that are not settled: mend what they have in common, retry or discard them",
                List.of(received),
                outcome);
        return false;
    }

    /** A state was written that stands for all before it: the dead letters that it takes the place of are settled. */
    void applied(Received received, Outcome outcome) {
        HeldKeys held = received.held();
        boolean truncate = received.event().operation() == Operation.TRUNCATE;
        if (held.isEmpty() || !truncate && !(received.isWhole() && held.isAbout(received))) {
            return;
        }
        try {
            int settled = deadLetters.superseded(
                    sink,
                    received.partition(),
                    truncate ? null : received.keyHash(),
                    received.event().rowVersion(),
                    received.record().offset(),
                    received.event().eventId());
            if (settled > 0) {
                held.read(deadLetters, sink, SinkKind.STATE, received.partition());
            }
        } catch (RuntimeException e) {
            outcome.holdBack(
                    received.partition(),
                    "The dead letters that " + received.event().eventId() + " takes the place of cannot be settled: "
                            + e.getMessage());
        }
    }

    /**
     * Returns the events of a batch that a person decided to leave out; null if that is not known now. There are some where it is delivered
     * again, or where the letters of a partition are ahead of its offset, as they are while an earlier change is waited for.
     */
    @Nullable
    Discarded discarded(PartitionBatch batch, Outcome outcome) {
        if (!batch.repeats() && !batch.held().mayBeDiscardedFrom(batch.expected())) {
            return Discarded.NOTHING;
        }
        try {
            return new Discarded(deadLetters.discarded(sink, batch.partition(), batch.expected(), batch.next()));
        } catch (RuntimeException e) {
            outcome.holdBack(batch.partition(), "Which records were discarded cannot be looked up: " + e.getMessage());
            return null;
        }
    }

    /**
     * Holds the partition of a record back at which a sink threw what no sink is meant to throw. It may be a fault of ours, so it is no dead
     * letter: the record is tried again.
     */
    void unexpected(TopicPartition partition, long offset, RuntimeException e, Outcome outcome) {
        String message = unexpected(sink, partition, offset, e);
        if (!message.equals(said.put(partition, message))) {
            log.error("{}; tried again until it succeeds", message, e);
        }
        outcome.holdBack(partition, message);
    }

    static String unexpected(String sink, TopicPartition partition, long offset, RuntimeException e) {
        return sink + " failed unexpectedly at offset " + offset + " of " + partition + ": " + e;
    }

    void fatal(PartitionBatch batch, String message, Outcome outcome) {
        outcome.holdBack(batch.partition(), message);
        fail(batch.route().table(), message);
    }

    /** Stops a table's way to this sink; the partitions of these changes are held back. */
    void fatal(CapturedTable table, String message, List<Received> changes, Outcome outcome) {
        changes.forEach(received -> outcome.holdBack(received.partition(), message));
        fail(table, message);
    }

    void fail(CapturedTable table, String message) {
        log.error("{} cannot take {} of {}: {}", sink, table.table(), table.source(), message);
        String wayOut =
                message + (message.endsWith(".") ? "" : ".") + " Then resume the table's delivery to " + sink + ".";
        try {
            stop.failed(table, wayOut);
        } catch (RuntimeException e) {
            // the partitions are held back; at the next attempt it is said again
            log.warn("The binding of {} to {} could not be noted as FAILED: {}", table.table(), sink, e.getMessage());
        }
    }
}
