package io.millrace.sync.deadletter;

import io.millrace.event.ChangeEvent;
import io.millrace.event.MalformedEventException;
import io.millrace.event.kafka.ChangeEventRecords;
import io.millrace.event.kafka.Topics;
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

/** Reads single records again. Connects at the first one; belongs to no group. */
final class LetterRecords implements AutoCloseable {

    private static final ChangeEventRecords RECORDS = new ChangeEventRecords();
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Map<String, Object> settings;
    private @Nullable KafkaConsumer<byte[], byte[]> consumer;

    LetterRecords(Map<String, Object> connection) {
        this.settings = new HashMap<>(connection);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 64 * 1024);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
    }

    /** Reads from the table's topic, else, where retention deleted it there or it is another topic by now, from that of the dead letters. */
    synchronized Optional<ConsumerRecord<byte[], byte[]>> read(KeptLetter letter) {
        Optional<ConsumerRecord<byte[], byte[]>> found = letter.offset() < 0
                ? Optional.empty()
                : at(letter.partition(), letter.offset()).filter(record -> isAbout(letter, record));
        Long copy = letter.letterOffset();
        if (found.isPresent() || copy == null) {
            return found;
        }
        String topic = Topics.deadLetters(letter.partition().topic(), letter.sink());
        return at(new TopicPartition(topic, 0), copy).map(record -> asBefore(record, letter));
    }

    private static boolean isAbout(KeptLetter letter, ConsumerRecord<byte[], byte[]> record) {
        if (letter.eventId() == null) {
            return true;
        }
        try {
            ChangeEvent event = RECORDS.read(record);
            return event != null && event.eventId().equals(letter.eventId());
        } catch (MalformedEventException e) {
            return false;
        }
    }

    private Optional<ConsumerRecord<byte[], byte[]>> at(TopicPartition partition, long offset) {
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

    private static ConsumerRecord<byte[], byte[]> asBefore(ConsumerRecord<byte[], byte[]> copy, KeptLetter letter) {
        var record = new ConsumerRecord<>(
                letter.partition().topic(), letter.partition().partition(), letter.offset(), copy.key(), copy.value());
        copy.headers().forEach(record.headers()::add);
        return record;
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
