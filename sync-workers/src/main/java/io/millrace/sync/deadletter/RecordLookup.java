package io.millrace.sync.deadletter;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** Reads single records, one after the other. Connects at the first one; belongs to no group. */
final class RecordLookup implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Map<String, Object> settings;
    private @Nullable KafkaConsumer<byte[], byte[]> consumer;

    RecordLookup(Map<String, Object> connection) {
        this.settings = new HashMap<>(connection);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 64 * 1024);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
    }

    /** Returns the record at an offset; empty if it is not there, or the partition is not. */
    synchronized Optional<ConsumerRecord<byte[], byte[]>> at(TopicPartition partition, long offset) {
        KafkaConsumer<byte[], byte[]> reader = consumer();
        try {
            reader.assign(List.of(partition));
            if (!reader.partitionsFor(partition.topic()).isEmpty()) {
                reader.seek(partition, offset);
                long deadline = System.nanoTime() + PATIENCE.toNanos();
                while (System.nanoTime() < deadline) {
                    for (ConsumerRecord<byte[], byte[]> record : reader.poll(Duration.ofMillis(200))) {
                        return record.offset() == offset ? Optional.of(record) : Optional.empty();
                    }
                }
                // a topic that was made anew may end right there
                Long end = reader.endOffsets(List.of(partition)).get(partition);
                if (end != null && end <= offset) {
                    return Optional.empty();
                }
                throw new IllegalStateException("Kafka did not return " + partition + " from offset " + offset
                        + " within " + PATIENCE.toSeconds() + " s");
            }
            return Optional.empty();
        } catch (InvalidOffsetException e) {
            return Optional.empty();
        } finally {
            reader.assign(List.of());
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        KafkaConsumer<byte[], byte[]> open = consumer;
        if (open == null) {
            open = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            consumer = open;
        }
        return open;
    }

    @Override
    public synchronized void close() {
        if (consumer != null) {
            consumer.close();
        }
    }
}
