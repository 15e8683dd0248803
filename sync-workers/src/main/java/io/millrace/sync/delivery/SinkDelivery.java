package io.millrace.sync.delivery;

import io.millrace.catalog.Offsets.Advance;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.catalog.shaping.ShapingException;
import io.millrace.sync.sink.SinkKind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.BatchAcknowledgingConsumerAwareMessageListener;
import org.springframework.kafka.support.Acknowledgment;

/**
 * Delivers what the consumers of one sink poll. After a fault a consumer stands where it stood: nothing is passed that was not
 * written or kept as a dead letter.
 */
final class SinkDelivery implements BatchAcknowledgingConsumerAwareMessageListener<byte[], byte[]> {

    private static final Logger log = LoggerFactory.getLogger(SinkDelivery.class);

    private static final Duration LONG = Duration.ofSeconds(10);

    private final String sink;
    private final SinkKind kind;
    private final BatchWriter writer;
    private final RecordReader reader;
    private final Places places;
    private final DeliveryMetrics metrics;
    private final SinkHealth health;
    private final Backoff backoff;

    SinkDelivery(
            String sink,
            SinkKind kind,
            BatchWriter writer,
            RecordReader reader,
            Places places,
            DeliveryMetrics metrics,
            SinkHealth health,
            Backoff backoff) {
        this.sink = sink;
        this.kind = kind;
        this.writer = writer;
        this.reader = reader;
        this.places = places;
        this.metrics = metrics;
        this.health = health;
        this.backoff = backoff;
    }

    /** Before consumers are stopped, and before they are started again. */
    void halt(boolean on) {
        writer.halt(on);
    }

    @Override
    public boolean wantsPollResult() {
        return true;
    }

    @Override
    public void onMessage(
            List<ConsumerRecord<byte[], byte[]>> records,
            @Nullable Acknowledgment none,
            @Nullable Consumer<?, ?> consumer) {
        throw new IllegalStateException("The container hands on poll results, see wantsPollResult()");
    }

    @Override
    public void onMessage(
            ConsumerRecords<byte[], byte[]> records, @Nullable Acknowledgment none, Consumer<byte[], byte[]> consumer) {
        SteeredConsumer steered = (SteeredConsumer) consumer;
        try {
            deliver(records, steered);
        } catch (RuntimeException | Error e) {
            unexpected(steered, records.partitions(), e);
            if (e instanceof Error) {
                // the container ends with it, and is started again
                throw e;
            }
        }
    }

    /** What is wrong with one partition, a fault of ours too, stops no other. */
    private void deliver(ConsumerRecords<byte[], byte[]> records, SteeredConsumer consumer) {
        List<PartitionBatch> batches = new ArrayList<>();
        for (TopicPartition partition : records.partitions()) {
            try {
                PartitionBatch batch = read(partition, records.records(partition), consumer);
                if (batch != null) {
                    batches.add(batch);
                }
            } catch (RuntimeException e) {
                unexpected(consumer, Set.of(partition), e);
            }
        }
        if (!batches.isEmpty()) {
            write(consumer, batches);
        }
    }

    private @Nullable PartitionBatch read(
            TopicPartition partition, List<ConsumerRecord<byte[], byte[]>> records, SteeredConsumer consumer) {
        Route route = places.readable(consumer, partition);
        if (route == null || !places.unbroken(consumer, partition, route, records.get(0))) {
            return null;
        }
        try {
            return reader.read(partition, route, consumer.place(partition), records);
        } catch (ShapingException e) {
            // the binding is FAILED by now, with the cause: the partition waits for people
            places.holdBack(consumer, partition);
            return null;
        }
    }

    private void write(SteeredConsumer consumer, List<PartitionBatch> batches) {
        long started = System.nanoTime();
        Outcome outcome;
        try {
            outcome = writer.write(batches);
        } catch (RuntimeException e) {
            if (batches.size() > 1) {
                batches.forEach(batch -> write(consumer, List.of(batch)));
            } else {
                unexpected(consumer, Set.of(batches.get(0).partition()), e);
            }
            return;
        }
        Duration taken = Duration.ofNanos(System.nanoTime() - started);
        metrics.wrote(taken);
        settle(consumer, batches, outcome);
        if (taken.compareTo(LONG) > 0) {
            // the next poll may tell that the group has given the partitions away meanwhile
            consumer.offsets().flush();
        }
    }

    private void unexpected(SteeredConsumer consumer, Set<TopicPartition> partitions, Throwable e) {
        String message =
                "Delivery of " + partitions.stream().map(String::valueOf).collect(Collectors.joining(", ")) + " to "
                        + sink + " failed unexpectedly: " + e;
        boolean first = partitions.stream()
                .noneMatch(partition -> consumer.place(partition).failing());
        health.waits(partitions, message);
        if (first) {
            log.error("{}; tried again until it succeeds", message, e);
        }
        hold(consumer, partitions, message);
    }

    private void settle(SteeredConsumer consumer, List<PartitionBatch> batches, Outcome outcome) {
        Instant now = Instant.now();
        List<Advance> steps = new ArrayList<>();
        List<PartitionBatch> behind = new ArrayList<>();
        List<TopicPartition> passed = new ArrayList<>();
        for (PartitionBatch batch : batches) {
            if (outcome.isWhole(batch)) {
                consumer.place(batch.partition()).next(batch.next());
                consumer.place(batch.partition()).succeeded();
                steps.add(batch.step());
                passed.add(batch.partition());
                metrics.delivered(batch.received(), now);
                metrics.waits(batch.partition(), null);
            } else {
                behind.add(batch);
                reached(batch, outcome, steps);
            }
        }
        if (kind != SinkKind.LOG && !steps.isEmpty()) {
            consumer.offsets().advance(steps);
        }
        consumer.commitLater(steps);
        if (health.passed(passed) && behind.isEmpty()) {
            log.info("{} takes changes again", sink);
        }
        if (outcome.isFenceLost()) {
            places.forget(
                    consumer, behind.stream().map(PartitionBatch::partition).toList());
        } else if (behind.isEmpty()) {
            consumer.succeeded();
        } else {
            holdBack(consumer, behind, outcome, now);
        }
    }

    private static void reached(PartitionBatch batch, Outcome outcome, List<Advance> steps) {
        long reached = outcome.reachedOr(batch.partition(), batch.expected());
        if (!outcome.isFenceLost() && reached > batch.expected()) {
            List<Received> done = batch.below(reached);
            steps.add(batch.step(batch.expected(), reached, done, done.size()));
        }
    }

    private void holdBack(SteeredConsumer consumer, List<PartitionBatch> behind, Outcome outcome, Instant now) {
        String reason = String.valueOf(outcome.reason(behind.get(0).partition()));
        List<TopicPartition> partitions =
                behind.stream().map(PartitionBatch::partition).toList();
        if (health.waits(partitions, reason)) {
            log.warn("{} is waited for: {}", sink, reason);
        }
        for (PartitionBatch batch : behind) {
            Place place = consumer.place(batch.partition());
            place.next(outcome.reachedOr(batch.partition(), batch.expected()));
            places.holdBack(consumer, batch.partition());
            metrics.waits(batch.partition(), now);
        }
        if (outcome.sinkDown() != null) {
            consumer.holdAll(backoff);
        }
        behind.stream().map(PartitionBatch::id).forEach(id -> consumer.offsets()
                .waiting(List.of(id), String.valueOf(outcome.reason(new TopicPartition(id.topic(), id.partition())))));
    }

    private void hold(SteeredConsumer consumer, Set<TopicPartition> partitions, String reason) {
        Instant now = Instant.now();
        for (TopicPartition partition : partitions) {
            metrics.waits(partition, now);
            if (consumer.place(partition).known()) {
                places.holdBack(consumer, partition);
            }
        }
        consumer.offsets()
                .waiting(
                        partitions.stream()
                                .map(one -> new TopicPartitionId(one.topic(), one.partition()))
                                .toList(),
                        reason);
    }
}
