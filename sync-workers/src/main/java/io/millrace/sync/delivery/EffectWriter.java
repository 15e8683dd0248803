package io.millrace.sync.delivery;

import io.millrace.event.Operation;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Gives every change to a sink of effects, in rounds: each holds at most one change of a row, the next of a row comes once that one is
 * applied or a dead letter. A partition is passed up to the first change that is neither.
 */
final class EffectWriter implements BatchWriter {

    private final Sink sink;
    private final Faults faults;
    private final Duration remembered;

    /** @param remembered how long deduplication knows an effect */
    EffectWriter(Sink sink, Faults faults, Duration remembered) {
        this.sink = sink;
        this.faults = faults;
        this.remembered = remembered;
    }

    /** What is told apart: a row, or all that a partition holds of a table without a key. */
    private record Slot(TopicPartition partition, @Nullable RowKey key) {}

    @Override
    public Outcome write(List<PartitionBatch> batches) {
        Outcome outcome = new Outcome();
        List<Received> left = new ArrayList<>();
        Map<TopicPartition, Boolean> repeats = new HashMap<>();
        for (PartitionBatch batch : batches) {
            Set<Long> discarded = faults.malformed(batch, outcome) ? faults.discarded(batch, outcome) : null;
            if (discarded == null) {
                continue;
            }
            if (batch.repeats() && forgotten(batch, outcome)) {
                continue;
            }
            repeats.put(batch.partition(), batch.repeats());
            batch.received().stream()
                    .filter(received -> LogWriter.counts(received)
                            && !discarded.contains(received.record().offset()))
                    .forEach(left::add);
        }
        boolean anyRepeats = repeats.containsValue(true);
        List<Received> undone = new ArrayList<>();
        while (!left.isEmpty() && !outcome.stopped()) {
            left = round(left, undone, anyRepeats, outcome);
        }
        undone.addAll(left);
        for (PartitionBatch batch : batches) {
            reached(batch, undone, outcome);
        }
        return outcome;
    }

    /** What deduplication no longer knows would have its effect twice. */
    private boolean forgotten(PartitionBatch batch, Outcome outcome) {
        Instant since = Instant.now().minus(remembered);
        boolean old = batch.received().stream()
                .anyMatch(received -> received.event().capturedAt().isBefore(since));
        if (old) {
            faults.fatal(
                    batch,
                    "It was rewound to changes older than " + remembered.toDays()
                            + " days, which deduplication no longer knows: they would have their effect twice."
                            + " Rewind it to a later time (or raise millrace.sync.deduplication.retention beforehand).",
                    outcome);
        }
        return old;
    }

    /** Writes the first change of each row and returns the changes for later rounds; what stays undone is added to that list. */
    private List<Received> round(List<Received> left, List<Received> undone, boolean repeats, Outcome outcome) {
        List<Received> now = new ArrayList<>();
        List<Received> later = new ArrayList<>();
        Set<Slot> taken = new HashSet<>();
        Set<TopicPartition> begun = new HashSet<>();
        Set<TopicPartition> closed = new HashSet<>();
        for (Received received : left) {
            TopicPartition partition = received.partition();
            boolean truncate = received.event().operation() == Operation.TRUNCATE;
            if (outcome.reason(partition) != null) {
                undone.add(received);
            } else if (closed.contains(partition)
                    || truncate && begun.contains(partition)
                    || !taken.add(new Slot(partition, received.event().key()))) {
                later.add(received);
                // a truncate has the round to itself: rows before it first, rows behind it after it
                if (truncate) {
                    closed.add(partition);
                }
            } else if (received.held().holds(received)) {
                if (!faults.behind(List.of(received), outcome)) {
                    undone.add(received);
                }
            } else {
                now.add(received);
                begun.add(partition);
                if (truncate) {
                    closed.add(partition);
                }
            }
        }
        undone.addAll(write(now, repeats, outcome));
        return later;
    }

    private List<Received> write(List<Received> now, boolean repeats, Outcome outcome) {
        if (now.isEmpty()) {
            return List.of();
        }
        try {
            List<Failure> failures =
                    sink.write(new SinkBatch(now.stream().map(Received::change).toList(), List.of(), repeats));
            List<Received> failed = new ArrayList<>(0);
            for (Failure failure : failures) {
                Received received = now.get(failure.index());
                switch (failure.category()) {
                    case RETRYABLE, INCOMPLETE -> outcome.holdBack(received.partition(), failure.cause());
                    case FATAL -> faults.fatal(received.change().table(), failure.cause(), List.of(received), outcome);
                    case REJECTED -> {
                        if (faults.rejected(received, failure.cause(), null, outcome)) {
                            continue;
                        }
                    }
                }
                failed.add(received);
            }
            return failed;
        } catch (SinkException e) {
            String said = String.valueOf(e.getMessage());
            switch (e.category()) {
                case RETRYABLE, INCOMPLETE -> outcome.sinkDown(said);
                case FATAL -> {
                    for (Received received : now) {
                        faults.fatal(received.change().table(), said, List.of(received), outcome);
                    }
                }
                case REJECTED -> {
                    if (now.size() > 1) {
                        int middle = now.size() / 2;
                        List<Received> failed = new ArrayList<>(write(now.subList(0, middle), repeats, outcome));
                        failed.addAll(write(now.subList(middle, now.size()), repeats, outcome));
                        return failed;
                    }
                    return faults.rejected(now.get(0), said, e, outcome) ? List.of() : now;
                }
            }
            return now;
        }
    }

    private static void reached(PartitionBatch batch, List<Received> left, Outcome outcome) {
        left.stream()
                .filter(received -> received.partition().equals(batch.partition()))
                .mapToLong(received -> received.record().offset())
                .min()
                .ifPresent(offset -> {
                    outcome.reached(batch.partition(), offset);
                    outcome.holdBack(batch.partition(), "Other changes of the batch are waited for.");
                });
    }
}
