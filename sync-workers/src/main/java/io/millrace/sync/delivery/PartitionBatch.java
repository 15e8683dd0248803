package io.millrace.sync.delivery;

import io.millrace.catalog.Offsets.Advance;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.event.ChangeEvent;
import io.millrace.sync.deadletter.DeadLetter;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * What one poll brought of one partition.
 *
 * @param expected where the sink stands in the partition
 * @param next where it will stand
 * @param received the changes, in order
 * @param malformed records that are no events
 * @param lacking changes of states that cannot be shaped without values which PostgreSQL did not send; they hold what no sink may be given
 * @param records how many records there were, tombstones included
 * @param rewinds how often the sink had been moved in the partition when it was read
 * @param repeats whether the sink was rewound and may have had some of it
 * @param held the rows that have dead letters
 */
record PartitionBatch(
        TopicPartition partition,
        Route route,
        long expected,
        long next,
        List<Received> received,
        List<DeadLetter> malformed,
        List<Received> lacking,
        int records,
        int rewinds,
        boolean repeats,
        HeldKeys held) {

    TopicPartitionId id() {
        return new TopicPartitionId(partition.topic(), partition.partition());
    }

    /** Returns the step of the whole batch. */
    Advance step() {
        return step(expected, next, received, records);
    }

    /** Returns the step of a part of it. */
    Advance step(long from, long to, List<Received> part, int count) {
        Instant committedAt = null;
        if (!part.isEmpty()) {
            ChangeEvent last = part.get(part.size() - 1).event();
            committedAt = last.transaction().committedAt();
        }
        return new Advance(id(), from, rewinds, to, Repetitions.newest(part), committedAt, count);
    }

    /** Returns the offset at which the changes from {@code index} on begin. */
    long offsetOf(int index) {
        return index == received.size() ? next : received.get(index).record().offset();
    }

    /** Returns the changes below an offset. */
    List<Received> below(long offset) {
        return received.stream().filter(one -> one.record().offset() < offset).toList();
    }

    static @Nullable PartitionBatch find(List<PartitionBatch> batches, TopicPartition partition) {
        return batches.stream()
                .filter(batch -> batch.partition().equals(partition))
                .findFirst()
                .orElse(null);
    }
}
