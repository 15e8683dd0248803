package io.millrace.sync.delivery;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** What became of the batches of one poll. Partitions that are not named here were written whole. */
final class Outcome {

    private final Map<TopicPartition, String> heldBack = new HashMap<>();
    private final Map<TopicPartition, Long> reached = new HashMap<>();
    private @Nullable String sinkDown;
    private boolean fenceLost;

    /** Nothing of the partition, or only what {@link #reached(TopicPartition, long)} says, may be passed. */
    void holdBack(TopicPartition partition, String reason) {
        heldBack.putIfAbsent(partition, reason);
    }

    void reached(TopicPartition partition, long offset) {
        reached.put(partition, offset);
    }

    /** The whole sink is to be waited for. */
    void sinkDown(String reason) {
        sinkDown = reason;
    }

    void fenceLost() {
        fenceLost = true;
    }

    boolean stopped() {
        return sinkDown != null || fenceLost;
    }

    @Nullable
    String sinkDown() {
        return sinkDown;
    }

    boolean isFenceLost() {
        return fenceLost;
    }

    /** Returns why a partition is held back, or null if it was written whole. */
    @Nullable
    String reason(TopicPartition partition) {
        String down = sinkDown;
        return down != null && !heldBack.containsKey(partition) ? down : heldBack.get(partition);
    }

    /** Tells whether all of a batch was delivered. It may have been before others of the poll found that the sink is down. */
    boolean isWhole(PartitionBatch batch) {
        return !fenceLost
                && !heldBack.containsKey(batch.partition())
                && (sinkDown == null || reachedOr(batch.partition(), batch.expected()) >= batch.next());
    }

    long reachedOr(TopicPartition partition, long otherwise) {
        return reached.getOrDefault(partition, otherwise);
    }
}
