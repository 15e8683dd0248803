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
import org.jspecify.annotations.Nullable;

/** Reads the records of letters again; for each sink apart, so that none waits for what Kafka takes its time with for another. */
final class LetterRecords implements AutoCloseable {

    private static final ChangeEventRecords RECORDS = new ChangeEventRecords();

    private final Map<String, Object> connection;
    private final Map<String, RecordLookup> sinks = new ConcurrentHashMap<>();

    LetterRecords(Map<String, Object> connection) {
        this.connection = connection;
    }

    /** Reads from the table's topic, else, where retention deleted it there or it is another topic by now, from that of the dead letters; never another record. */
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
        return lookup.at(new TopicPartition(topic, 0), copy)
                .filter(record -> isCopyFor(letter, record))
                .map(record -> asBefore(record, letter));
    }

    /**
     * The topic of dead letters may have been made anew too. What was no event is told by the place that it had, while that is known: a
     * later version of Millrace may read it as one.
     */
    private static boolean isCopyFor(KeptLetter letter, ConsumerRecord<byte[], byte[]> copy) {
        if (letter.eventId() != null) {
            return isAbout(letter, copy);
        }
        return String.valueOf(letter.partition().partition())
                        .equals(ChangeEventRecords.text(copy.headers(), DeadLetterTopics.PARTITION))
                && (letter.offset() < 0
                        ? eventId(copy) == null
                        : String.valueOf(letter.offset())
                                .equals(ChangeEventRecords.text(copy.headers(), DeadLetterTopics.OFFSET)));
    }

    private static boolean isAbout(KeptLetter letter, ConsumerRecord<byte[], byte[]> record) {
        return letter.eventId() == null || letter.eventId().equals(eventId(record));
    }

    private static @Nullable String eventId(ConsumerRecord<byte[], byte[]> record) {
        try {
            ChangeEvent event = RECORDS.read(record);
            return event == null ? null : event.eventId();
        } catch (MalformedEventException e) {
            return null;
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
