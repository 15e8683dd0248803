package io.millrace.sync.rebuild;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads a table's topic beside the consumers that deliver it: in no group, from where it is told, to where it is told. Confined to
 * one thread.
 */
final class TopicReader implements AutoCloseable {

    private static final Duration WAIT = Duration.ofMillis(300);
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /** The first offsets that a topic still holds, and those behind its last records, by partition. */
    record Extent(Map<Integer, Long> begin, Map<Integer, Long> end) {}

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final String topic;

    TopicReader(Map<String, Object> settings, String topic) {
        this.consumer = new KafkaConsumer<>(settings);
        this.topic = topic;
    }

    /** Returns where the topic begins and ends now. */
    Extent extent() {
        List<TopicPartition> all = partitions();
        consumer.assign(all);
        return new Extent(
                byPartition(consumer.beginningOffsets(all, PATIENCE)), byPartition(consumer.endOffsets(all, PATIENCE)));
    }

    private List<TopicPartition> partitions() {
        return consumer.partitionsFor(topic, PATIENCE).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
    }

    private static Map<Integer, Long> byPartition(Map<TopicPartition, Long> offsets) {
        Map<Integer, Long> found = new HashMap<>();
        offsets.forEach((partition, offset) -> found.put(partition.partition(), offset));
        return found;
    }

    /** Goes to these offsets; partitions that are at their end are left out. */
    void seek(Map<Integer, Long> next, Map<Integer, Long> until) {
        List<TopicPartition> open = until.entrySet().stream()
                .filter(end -> next.getOrDefault(end.getKey(), 0L) < end.getValue())
                .map(end -> new TopicPartition(topic, end.getKey()))
                .toList();
        consumer.assign(open);
        open.forEach(partition -> consumer.seek(partition, next.getOrDefault(partition.partition(), 0L)));
    }

    /**
     * Reads on.
     *
     * @param next moved on by what was read
     * @return the records below {@code until}, in order within each partition
     */
    List<ConsumerRecord<byte[], byte[]>> read(Map<Integer, Long> next, Map<Integer, Long> until) {
        ConsumerRecords<byte[], byte[]> polled = consumer.poll(WAIT);
        List<ConsumerRecord<byte[], byte[]>> wanted = new ArrayList<>(polled.count());
        for (ConsumerRecord<byte[], byte[]> record : polled) {
            if (record.offset() < until.getOrDefault(record.partition(), 0L)) {
                wanted.add(record);
            }
        }
        for (TopicPartition partition : consumer.assignment()) {
            long end = until.getOrDefault(partition.partition(), 0L);
            long reached = consumer.position(partition, PATIENCE);
            next.put(partition.partition(), Math.min(reached, end));
            if (reached >= end) {
                consumer.pause(List.of(partition));
            }
        }
        return wanted;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
