package io.millrace.sync.deadletter;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Records that a sink refused, and those that wait behind them. Thread-safe. Every method may throw a {@link RuntimeException} when the
 * platform database or Kafka does not answer: then nothing may be passed that depends on it.
 *
 * <p>Not settled are letters that are OPEN (a person decides), WAITING (behind an open one of the same row) and RETRYING (a person asked
 * for it).
 */
public interface DeadLetters {

    /**
     * Keeps records, in the table {@code dead_letter} and in the topic {@code <topic>.<sink>.dlt}, and returns when both are durable.
     * Keeping one again counts it up; one that a person discarded stays discarded.
     *
     * @return false if the sink's stored offset has passed one of them: another worker dealt with it, and this one is behind the times
     */
    boolean keep(String sink, List<DeadLetter> letters);

    /** Returns, by what rows are told apart by, the offset of each row's first letter that is not settled. */
    Map<Long, Long> unsettled(String sink, TopicPartition partition);

    /** Returns where letters are not settled, of all sinks. */
    List<Standing> standing();

    /** Returns letters that can be given to the sink now and lie below an offset, in the order of their records. */
    List<KeptLetter> due(String sink, TopicPartition partition, long below, int limit);

    /** Returns a letter's record: from its topic, or from the topic of dead letters; empty if neither has it any more. */
    Optional<ConsumerRecord<byte[], byte[]>> record(KeptLetter letter);

    /** The sink took it, or holds a newer state of its row. */
    void taken(KeptLetter letter);

    /** It was refused again: a person decides. */
    void refused(KeptLetter letter, String cause, @Nullable String stack);

    /**
     * A whole newer state took the place of a row's letters.
     *
     * @param keyHash which row; null for all rows of the partition
     * @param version of the newer state
     * @param offset of its record
     * @param eventId of it
     */
    int superseded(
            String sink, TopicPartition partition, @Nullable Long keyHash, long version, long offset, String eventId);

    /** Returns the offsets, between two of them, of records that a person discarded. */
    Set<Long> discarded(String sink, TopicPartition partition, long from, long to);
}
