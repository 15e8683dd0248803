package io.millrace.capture.publish;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** Asks Kafka again and again where the partitions of a topic end. Not thread-safe. */
public final class TopicEnds implements AutoCloseable {

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions;
    private final Duration patience;

    TopicEnds(Map<String, Object> consumerSettings, String topic, Duration patience) {
        this.patience = patience;
        this.consumer = new KafkaConsumer<>(consumerSettings);
        try {
            this.partitions = consumer.partitionsFor(topic, patience).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
        } catch (RuntimeException | Error e) {
            // nobody else has it, and it has sockets and a thread
            consumer.close(CloseOptions.timeout(Duration.ZERO));
            throw e;
        }
    }

    /** Returns the end of each partition, by its number. */
    public long[] read() {
        long[] ends = new long[partitions.size()];
        consumer.endOffsets(partitions, patience).forEach((partition, end) -> ends[partition.partition()] = end);
        return ends;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
