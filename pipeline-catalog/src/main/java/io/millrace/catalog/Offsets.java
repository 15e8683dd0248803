package io.millrace.catalog;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How far capture and the sinks are. Thread-safe; every call is one transaction, or takes part in the caller's. */
public interface Offsets {

    Optional<CaptureOffset> capture(String source);

    List<CaptureOffset> captures();

    /** Keeps holders of older leases from storing offsets of a source, from now on. */
    void claim(String source, long generation);

    /**
     * Stores how far capture is. Called before the slot is told (P5).
     *
     * @param generation of the lease under which the source is captured
     * @return false if a newer lease has claimed the source: then nothing was stored, and the caller must end
     */
    boolean store(CaptureOffset offset, long generation);

    /** Returns the offsets of all sinks. */
    List<DeliveryOffset> deliveries();

    /** Returns one sink's offsets. */
    List<DeliveryOffset> deliveries(String sink);

    /** Returns the offsets of all sinks in one topic. */
    List<DeliveryOffset> deliveriesOf(String topic);

    /**
     * Stores how far a sink is whose writes are not in the same transaction. A partition's offset moves only if it stands where expected:
     * else another worker has it, or a person rewound it. Clears what was waited for.
     *
     * @return the partitions whose offset did not stand where expected, and was left alone
     */
    Set<TopicPartitionId> advance(String sink, Collection<Advance> advances);

    /**
     * Moves a sink to other offsets of partitions, whatever it does there at the moment: its worker notices, and goes on from them. What
     * is below the old offsets counts as delivered before.
     */
    void rewind(String sink, Map<TopicPartitionId, Long> to);

    /**
     * Moves a sink to the beginning of partitions that count anew, since their topic was deleted and made again: as {@link #rewind}, but
     * nothing of them was given to it yet. What stands below the old offsets may still be the same changes again.
     *
     * @param topicId of the topic as it is now
     */
    void beginAnew(String sink, Map<TopicPartitionId, Long> at, UUID topicId);

    /** Notes which topics a sink's offsets count in, for partitions of which that is not known yet. */
    void topics(String sink, Map<TopicPartitionId, UUID> ids);

    /** Returns, by partition, the first offset of a topic, as it is now, that a sink was never given. */
    Map<Integer, Long> given(String sink, String topic);

    /** Returns the offsets, of all sinks, that were ever rewound. */
    List<DeliveryOffset> rewound();

    /**
     * Moves a sink's offset on if it still stands where expected: the fence of a sink that writes its offset in the transaction of its
     * rows. A first advance expects {@code expectedOffset} to be where the partition was first read.
     *
     * @return false if another worker moved it: then the caller must roll back and give up its batch
     */
    boolean advanceFenced(String sink, Advance advance);

    /** Notes since when and what a sink is waited for, on these partitions. */
    void waiting(String sink, Collection<TopicPartitionId> partitions, @Nullable String reason);

    /** A partition of a topic. */
    record TopicPartitionId(String topic, int partition) {}

    /**
     * A step of a sink in one partition; from where it stands to the same place, it only makes sure of standing there.
     *
     * @param expectedOffset where the sink stood
     * @param rewinds how often it had been moved there by then: one that was moved away and stands there again is to be given what is between
     * @param nextOffset where it stands now
     * @param lastPosition of the newest change before {@code nextOffset}, as text; snapshot reads are none. Null when the step held none
     * @param committedAt when that change was committed
     * @param events how many records the step held
     */
    record Advance(
            TopicPartitionId partition,
            long expectedOffset,
            int rewinds,
            long nextOffset,
            @Nullable String lastPosition,
            @Nullable Instant committedAt,
            long events) {}
}
