package io.millrace.admin.shaping;

import io.millrace.admin.web.Problem;
import io.millrace.event.ChangeEvent;
import io.millrace.event.MalformedEventException;
import io.millrace.event.Operation;
import io.millrace.event.kafka.ChangeEventRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Reads the newest changes of a table from its topic, as a consumer of no group that is gone afterwards. */
@Component
class RecentEvents {

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final ChangeEventRecords records = new ChangeEventRecords();
    private final Map<String, Object> settings;

    RecentEvents(KafkaProperties kafka) {
        this.settings = new HashMap<>(kafka.buildConsumerProperties());
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "millrace-admin-preview");
        settings.remove(ConsumerConfig.GROUP_ID_CONFIG);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 8 * 1024 * 1024);
        settings.put(ConsumerConfig.ENABLE_METRICS_PUSH_CONFIG, false);
    }

    /**
     * Returns the newest changes, the newest first.
     *
     * @throws Problem if Kafka does not answer
     */
    List<ChangeEvent> of(String topic, int limit) {
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<ChangeEvent> events = new ArrayList<>();
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            if (partitions.isEmpty()) {
                return List.of();
            }
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
            consumer.assign(partitions);
            for (TopicPartition partition : partitions) {
                consumer.seek(
                        partition,
                        Math.max(begins.getOrDefault(partition, 0L), ends.getOrDefault(partition, 0L) - limit));
            }
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())
                    && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> add(record, events));
            }
            return events.stream()
                    .sorted(Comparator.comparing(ChangeEvent::position).reversed())
                    .limit(limit)
                    .collect(Collectors.toList());
        } catch (KafkaException e) {
            throw new Problem(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "Kafka does not answer",
                    "The newest changes of the table cannot be read. Check that Kafka at spring.kafka.bootstrap-servers runs,"
                            + " then try again.");
        }
    }

    private void add(ConsumerRecord<byte[], byte[]> record, List<ChangeEvent> events) {
        try {
            ChangeEvent event = records.read(record);
            if (event != null && event.operation() != Operation.TRUNCATE) {
                events.add(event);
            }
        } catch (MalformedEventException e) {
            // a dead letter of every sink: not what this is about
        }
    }
}
