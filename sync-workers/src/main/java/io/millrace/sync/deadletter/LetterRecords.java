package io.millrace.sync.deadletter;

import io.millrace.event.ChangeEvent;
import io.millrace.event.MalformedEventException;
import io.millrace.event.kafka.ChangeEventRecords;
import io.millrace.event.kafka.Topics;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reads the records of letters again; for each sink apart, so that none waits for what Kafka takes its time with for another. */
final class LetterRecords implements AutoCloseable {

    private static final ChangeEventRecords RECORDS = new ChangeEventRecords();

    private final Map<String, Object> connection;
    private final Map<String, RecordLookup> sinks = new ConcurrentHashMap<>();

    LetterRecords(Map<String, Object> connection) {
        this.connection = connection;
    }

    /** Reads from the table's topic, else, where retention deleted it there or it is another topic by now, from that of the dead letters. */
    Optional<ConsumerRecord<byte[], byte[]>> read(KeptLetter letter) {
        RecordLookup lookup = sinks.computeIfAbsent(letter.sink(), sink -> new RecordLookup(connection));
        Optional<ConsumerRecord<byte[], byte[]>> found = letter.offset() < 0
                ? Optional.empty()
                : lookup.at(letter.partition(), letter.offset()).filter(record -> isAbout(letter, record));
        Long copy = letter.letterOffset();
        if (found.isPresent() || copy == null) {
            return found;
        }
        String topic = Topics.deadLetters(letter.partition().topic(), letter.sink());
        return lookup.at(new TopicPartition(topic, 0), copy).map(record -> asBefore(record, letter));
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

    private static ConsumerRecord<byte[], byte[]> asBefore(ConsumerRecord<byte[], byte[]> copy, KeptLetter letter) {
        var record = new ConsumerRecord<>(
                letter.partition().topic(), letter.partition().partition(), letter.offset(), copy.key(), copy.value());
        copy.headers().forEach(record.headers()::add);
        return record;
    }

    @Override
    public void close() {
        sinks.values().forEach(RecordLookup::close);
    }
}
