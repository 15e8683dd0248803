package io.millrace.sync.delivery;

import io.millrace.catalog.Offsets.Advance;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * A consumer that is looked after before every poll, in its own thread: the one place where a subscription can follow the catalog
 * without restarting the container, and where pausing, resuming and seeking take effect at once.
 */
final class SteeredConsumer extends KafkaConsumer<byte[], byte[]> {

    /** Looks after a consumer. */
    interface Steering {
        void beforePoll(SteeredConsumer consumer);

        /** After one that brought what there was. */
        default void polled(SteeredConsumer consumer) {}

        /** After one that failed, in looking after the consumer or in Kafka. */
        default void failed(SteeredConsumer consumer, RuntimeException e) {}

        default void closed(SteeredConsumer consumer) {}
    }

    private static final long COMMIT_NANOS = 500_000_000L;
    private static final Duration ROOM = Duration.ofSeconds(2);

    private final Steering steering;
    private final DeliveryOffsets offsets;
    private final Headroom.Share room;
    private final LetterTurns letters;
    /** All partitions together, while the sink is waited for. */
    private final Place sink = new Place();

    private final Map<TopicPartition, OffsetAndMetadata> uncommitted = new HashMap<>();
    private final Map<TopicPartition, OffsetAndMetadata> sent = new HashMap<>();
    private long committedAt = System.nanoTime();
    private final Map<TopicPartition, Place> places = new HashMap<>();
    private Set<String> followed = Set.of();
    private @Nullable ConsumerRebalanceListener listener;

    SteeredConsumer(Map<String, Object> settings, Steering steering, DeliveryOffsets offsets, Headroom.Share room) {
        this(settings, steering, offsets, room, new LetterTurns(System::nanoTime));
    }

    SteeredConsumer(
            Map<String, Object> settings,
            Steering steering,
            DeliveryOffsets offsets,
            Headroom.Share room,
            LetterTurns letters) {
        super(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        this.steering = steering;
        this.offsets = offsets;
        this.room = room;
        this.letters = letters;
    }

    DeliveryOffsets offsets() {
        return offsets;
    }

    @Override
    public void subscribe(Collection<String> topics, ConsumerRebalanceListener rebalanceListener) {
        listener = rebalanceListener;
        followed = Set.copyOf(topics);
        super.subscribe(topics, rebalanceListener);
    }

    /** Changes the subscription; with the cooperative assignor the other topics' partitions stay where they are. */
    void follow(Set<String> topics) {
        ConsumerRebalanceListener known = listener;
        if (known != null && !topics.isEmpty() && !topics.equals(followed)) {
            subscribe(topics, known);
        }
    }

    @Override
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        try {
            ConsumerRecords<byte[], byte[]> records = steered(timeout);
            steering.polled(this);
            return records;
        } catch (WakeupException | InterruptException e) {
            // asked to stop
            throw e;
        } catch (RuntimeException e) {
            steering.failed(this, e);
            throw e;
        }
    }

    private ConsumerRecords<byte[], byte[]> steered(Duration timeout) {
        room.release();
        steering.beforePoll(this);
        if (!room.beforePoll(ROOM)) {
            // the group must see it poll; who looks after it opens the partitions again
            pause(assignment());
            return super.poll(Duration.ZERO);
        }
        boolean polled = false;
        try {
            ConsumerRecords<byte[], byte[]> records = super.poll(offsets.patience(timeout));
            room.polled(bytes(records));
            polled = true;
            return records;
        } finally {
            if (!polled) {
                room.release();
            }
        }
    }

    private static long bytes(ConsumerRecords<byte[], byte[]> records) {
        long bytes = 0;
        for (ConsumerRecord<byte[], byte[]> record : records) {
            bytes += Math.max(0, record.serializedValueSize());
        }
        return bytes;
    }

    @Override
    public void close() {
        steering.closed(this);
        room.release();
        super.close();
    }

    @Override
    public void close(CloseOptions options) {
        steering.closed(this);
        room.release();
        super.close(options);
    }

    Place place(TopicPartition partition) {
        return places.computeIfAbsent(partition, key -> new Place());
    }

    void forget(Collection<TopicPartition> partitions) {
        partitions.forEach(places::remove);
        uncommitted.keySet().removeAll(partitions);
        sent.keySet().removeAll(partitions);
    }

    /** Returns when dead letters are given again. */
    LetterTurns letters() {
        return letters;
    }

    void holdAll(Backoff backoff) {
        sink.hold(backoff, null);
    }

    boolean isHeld() {
        return sink.held();
    }

    void succeeded() {
        sink.succeeded();
    }

    /** Notes steps for the consumer group, which only follows: Kafka's tools show lag by it, nothing is read from it. */
    void commitLater(List<Advance> steps) {
        for (Advance step : steps) {
            uncommitted.put(
                    new TopicPartition(
                            step.partition().topic(), step.partition().partition()),
                    new OffsetAndMetadata(step.nextOffset()));
        }
    }

    /** Commits to the group what was noted, now and then. */
    void commit() {
        if (!uncommitted.isEmpty() && System.nanoTime() - committedAt >= COMMIT_NANOS) {
            Map<TopicPartition, OffsetAndMetadata> steps = Map.copyOf(uncommitted);
            // before: the consumer may tell of an earlier commit's failure while it takes this one
            uncommitted.clear();
            sent.putAll(steps);
            commitAsync(steps, this::keepForLater);
            committedAt = System.nanoTime();
        }
    }

    /** What failed, in a rebalance for example, is tried again: without another change nothing else would follow. */
    private void keepForLater(Map<TopicPartition, OffsetAndMetadata> steps, @Nullable Exception failure) {
        if (failure != null) {
            Set<TopicPartition> own = assignment();
            steps.forEach((partition, step) -> {
                // the newest alone: an older one would take the group back
                if (own.contains(partition) && step.equals(sent.get(partition))) {
                    uncommitted.putIfAbsent(partition, step);
                }
            });
        }
    }

    /** Pauses or resumes a partition unless it already is. */
    void open(TopicPartition partition, boolean open, Set<TopicPartition> pausedNow) {
        if (open && pausedNow.contains(partition)) {
            resume(List.of(partition));
        } else if (!open && !pausedNow.contains(partition)) {
            pause(List.of(partition));
        }
    }
}
