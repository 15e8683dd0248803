package io.millrace.admin.sinks;

import io.millrace.admin.web.Problem;
import io.millrace.event.EventHeaders;
import io.millrace.event.SourcePosition;
import io.millrace.event.kafka.ChangeEventRecords;
import io.millrace.event.kafka.TopicIds;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Finds offsets in a topic. Connects for each question, for it is asked rarely. Thread-safe. */
@Component("adminTopicSearch")
class TopicSearch {

    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Where a partition begins and ends. */
    record Range(long begin, long end) {

        boolean holds(long next) {
            return next >= begin && next <= end;
        }
    }

    private final Map<String, Object> connection;
    private final Map<String, Object> settings;

    TopicSearch(KafkaProperties kafka) {
        connection = kafka.buildAdminProperties();
        connection.put(AdminClientConfig.CLIENT_ID_CONFIG, "millrace-admin-topics");
        connection.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
        connection.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        settings = new HashMap<>(kafka.buildAdminProperties());
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "millrace-admin-search");
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 256 * 1024);
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    }

    private interface Question<T> {
        T ask(KafkaConsumer<byte[], byte[]> consumer);
    }

    private <T> T ask(Question<T> question) {
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            return question.ask(consumer);
        } catch (KafkaException e) {
            throw unanswered(e);
        }
    }

    private static Problem unanswered(KafkaException e) {
        return new Problem(
                HttpStatus.SERVICE_UNAVAILABLE,
                "Kafka does not answer",
                "Nothing was changed. Check that Kafka at spring.kafka.bootstrap-servers runs, then ask again: "
                        + e.getMessage());
    }

    /**
     * Returns what tells a topic from others that had its name before.
     *
     * @throws Problem if there is no such topic, or Kafka does not answer
     */
    UUID id(String topic) {
        UUID id;
        try (Admin admin = Admin.create(connection)) {
            id = TopicIds.of(admin, List.of(topic)).get(topic);
        } catch (KafkaException e) {
            throw unanswered(e);
        }
        if (id == null) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "The topic does not exist",
                    topic
                            + " was deleted in Kafka. Capture makes it anew with the table's next change; then ask again.");
        }
        return id;
    }

    /** Returns where each partition begins and ends. */
    Map<TopicPartition, Range> ranges(String topic) {
        return ask(consumer -> ranges(consumer, topic));
    }

    private static Map<TopicPartition, Range> ranges(KafkaConsumer<byte[], byte[]> consumer, String topic) {
        Set<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .collect(Collectors.toSet());
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        return partitions.stream()
                .collect(Collectors.toMap(
                        partition -> partition,
                        partition -> new Range(begins.getOrDefault(partition, 0L), ends.getOrDefault(partition, 0L))));
    }

    /** Returns where to begin in each partition so that everything from the target on is read; the end where there is nothing. */
    Map<TopicPartition, Long> find(String topic, RewindTarget target) {
        return ask(consumer -> {
            Map<TopicPartition, Range> ranges = ranges(consumer, topic);
            Map<TopicPartition, Long> found = new HashMap<>();
            if (target instanceof RewindTarget.At at) {
                // a record's time is when capture wrote it, never before its change was committed
                Map<TopicPartition, OffsetAndTimestamp> times = consumer.offsetsForTimes(
                        ranges.keySet().stream().collect(Collectors.toMap(partition -> partition, partition -> at.time()
                                .toEpochMilli())));
                ranges.forEach((partition, range) -> {
                    OffsetAndTimestamp first = times.get(partition);
                    found.put(partition, first == null ? range.end() : first.offset());
                });
            } else if (target instanceof RewindTarget.From from) {
                ranges.forEach((partition, range) -> found.put(partition, search(consumer, partition, range, from)));
            } else {
                ranges.forEach((partition, range) -> found.put(partition, range.begin()));
            }
            return found;
        });
    }

    /** By halves: positions of changes increase within a partition. Snapshot reads stand between them out of order and do not count. */
    private static long search(
            KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, Range range, RewindTarget.From from) {
        consumer.assign(List.of(partition));
        long low = range.begin();
        long high = range.end();
        while (low < high) {
            long middle = (low + high) >>> 1;
            ConsumerRecord<byte[], byte[]> change = firstChange(consumer, partition, middle, high);
            if (change == null || from.reachedBy(position(change))) {
                high = middle;
            } else {
                low = change.offset() + 1;
            }
        }
        return low;
    }

    private static @org.jspecify.annotations.Nullable ConsumerRecord<byte[], byte[]> firstChange(
            KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long offset, long end) {
        consumer.seek(partition, offset);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (consumer.position(partition) < end) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                if (record.offset() >= end) {
                    return null;
                }
                if (record.headers().lastHeader(EventHeaders.POSITION) != null
                        && !position(record).isRead()) {
                    return record;
                }
            }
            if (System.nanoTime() > deadline) {
                throw new KafkaException("no answer about " + partition + " within " + PATIENCE.toSeconds() + " s");
            }
        }
        return null;
    }

    private static SourcePosition position(ConsumerRecord<byte[], byte[]> record) {
        return SourcePosition.parse(String.valueOf(ChangeEventRecords.text(record.headers(), EventHeaders.POSITION)));
    }
}
