package io.millrace.admin.lag;

import io.millrace.event.ChangeEvent;
import io.millrace.event.MalformedEventException;
import io.millrace.event.kafka.ChangeEventRecords;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.stereotype.Component;

/**
 * Reads the one record at each place with a consumer of no group, and remembers it while it is asked for: what waits for a sink that
 * is down costs one read. Used by one thread.
 */
@Component
class KafkaWaitingRecords implements WaitingRecords, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(KafkaWaitingRecords.class);

    /** For all reads of one sample: what is not read by then is read for the next one. */
    private static final Duration BUDGET = Duration.ofMillis(400);

    private final ChangeEventRecords events = new ChangeEventRecords();
    private final Map<String, Object> configuration;
    private Map<Place, Instant> known = new HashMap<>();
    private @Nullable KafkaConsumer<byte[], byte[]> consumer;

    KafkaWaitingRecords(KafkaProperties kafka) {
        this.configuration = new HashMap<>(kafka.buildConsumerProperties());
        configuration.remove(ConsumerConfig.GROUP_ID_CONFIG);
        configuration.put(ConsumerConfig.CLIENT_ID_CONFIG, "millrace-admin-ui-lag");
        configuration.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        configuration.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        // where retention has deleted the record, the first that is left is the first that waits
        configuration.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        // Kafka sends whole batches: one a partition is enough
        configuration.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 1);
        configuration.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 50);
    }

    @Override
    public Map<Place, Instant> committedAt(Set<Place> places) {
        Map<Place, Instant> found = new HashMap<>();
        List<Place> unknown = new ArrayList<>();
        for (Place place : places) {
            Instant committed = known.get(place);
            if (committed == null) {
                unknown.add(place);
            } else {
                found.put(place, committed);
            }
        }
        long deadline = System.nanoTime() + BUDGET.toNanos();
        try {
            while (!unknown.isEmpty() && System.nanoTime() < deadline) {
                read(oneForEachPartition(unknown), found, deadline);
                unknown.removeIf(found::containsKey);
            }
        } catch (KafkaException e) {
            log.debug("Kafka did not give the records that wait: {}", e.getMessage());
        }
        known = found;
        return Map.copyOf(found);
    }

    /** A consumer stands at one place of a partition at a time, and each sink may stand at another. */
    private static Map<TopicPartition, Place> oneForEachPartition(List<Place> places) {
        Map<TopicPartition, Place> round = new HashMap<>();
        places.forEach(place -> round.putIfAbsent(place.partition(), place));
        return round;
    }

    private void read(Map<TopicPartition, Place> round, Map<Place, Instant> found, long deadline) {
        KafkaConsumer<byte[], byte[]> reader = reader();
        reader.assign(round.keySet());
        // a partition that stays assigned stays paused
        reader.resume(round.keySet());
        round.values().forEach(place -> reader.seek(place.partition(), place.offset()));
        int missing = round.size();
        while (missing > 0 && System.nanoTime() < deadline) {
            ConsumerRecords<byte[], byte[]> records = reader.poll(Duration.ofMillis(50));
            for (TopicPartition partition : records.partitions()) {
                Place place = round.get(partition);
                if (place != null && !found.containsKey(place)) {
                    found.put(place, committedAt(records.records(partition).get(0)));
                    missing--;
                }
            }
            // the others' turn
            reader.pause(records.partitions());
        }
    }

    private Instant committedAt(ConsumerRecord<byte[], byte[]> record) {
        try {
            ChangeEvent event = events.read(record);
            if (event != null) {
                return event.transaction().committedAt();
            }
        } catch (MalformedEventException e) {
            log.debug("The record {} that waits is not a change: {}", record, e.getMessage());
        }
        return Instant.ofEpochMilli(record.timestamp());
    }

    private KafkaConsumer<byte[], byte[]> reader() {
        KafkaConsumer<byte[], byte[]> present = consumer;
        if (present == null) {
            present = new KafkaConsumer<>(configuration, new ByteArrayDeserializer(), new ByteArrayDeserializer());
            consumer = present;
        }
        return present;
    }

    /** Called when no other thread uses it any more. */
    @Override
    public void close() {
        KafkaConsumer<byte[], byte[]> present = consumer;
        consumer = null;
        if (present != null) {
            present.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(1)));
        }
    }
}
