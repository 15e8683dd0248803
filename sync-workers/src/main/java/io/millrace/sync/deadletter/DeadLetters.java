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
 * <p>Not settled are letters that are OPEN (a person decides), WAITING (behind an earlier one of the same row) and RETRYING (given to the sink
 * until that takes or refuses it, because a person asked for it, nothing stands before it any more, or it is kept as
 * {@link DeadLetter.Category#RETRYABLE}).
 */
public interface DeadLetters {

    /**
     * Keeps records, in the table {@code dead_letter} and in the topic {@code <topic>.<sink>.dlt}, and returns when both are durable.
     * Keeping one again counts it up; one that a person discarded stays discarded. A letter about another record with the same offset, from
     * before the topic was made anew, is set apart under a negative one, in its order with whatever was kept before it. Of one that is
     * masked under less than is declared by now, no values are kept in the table.
     *
     * @return false if the sink's stored offset has passed one of them: another worker dealt with it, and this one is behind the times
     */
    boolean keep(String sink, List<DeadLetter> letters);

    /** Returns, by what rows are told apart by, the offset of each row's first letter that is not settled. */
    Map<Long, Long> unsettled(String sink, TopicPartition partition);

    /** Returns how many rows have letters that are not settled; each letter that names no row counts as one. */
    long unsettledRows(String sink, TopicPartition partition);

    /**
     * Returns, by what rows are told apart by, the letters of each row that were discarded and that no whole newer state of the row has made
     * good: what they held of the row, nobody has.
     */
    Map<Long, Gap> gaps(String sink, TopicPartition partition);

    /** Returns where letters are not settled, of all sinks. */
    List<Standing> standing();

    /**
     * Returns letters that can be given to the sink now and lie below an offset, in the order of their records.
     *
     * @param except letters that are left out
     * @param exceptRows rows whose letters are left out, by what rows are told apart by
     * @param inOrder whether no change of a row may go before an earlier one that is OPEN: a letter that was to do so is WAITING from now on
     */
    List<KeptLetter> due(
            String sink,
            TopicPartition partition,
            long below,
            Set<Long> except,
            Set<Long> exceptRows,
            boolean inOrder,
            int limit);

    /** Takes note that a letter is given to the sink now; false if it was settled meanwhile, and must not be. */
    boolean begin(KeptLetter letter);

    /**
     * It was not taken, but may be: it stays due.
     *
     * @param masks what the sink was given was masked under these; null for a cause that quotes nothing of it. If others are declared by
     *     now, the cause is not kept.
     * @return the cause as it may be told to anybody: itself, or what stands for it where it was not kept
     */
    String later(KeptLetter letter, String cause, @Nullable String masks);

    /**
     * Returns a letter's record: from its topic, or, where that has it no more or was made anew, from the topic of dead letters; empty if
     * neither has it, whatever else stands in its place.
     */
    Optional<ConsumerRecord<byte[], byte[]>> record(KeptLetter letter);

    /** The sink took it, or holds a newer state of its row; so it is even if a person discarded it at that moment. */
    void taken(KeptLetter letter);

    /**
     * Nothing of it needs to be given to the sink.
     *
     * @param reason why, for people; null where there is nothing to say
     */
    void passed(KeptLetter letter, @Nullable String reason);

    /**
     * It was refused again: a person decides.
     *
     * @param masks as with {@link #later}
     */
    void refused(KeptLetter letter, String cause, @Nullable String stack, @Nullable String masks);

    /**
     * A whole newer state took the place of a row's letters, and made good what was discarded.
     *
     * @param keyHash which row; null for all rows of the partition
     * @param version of the newer state
     * @param offset of its record
     * @param eventId of it
     * @return how many letters that is about
     */
    int superseded(
            String sink, TopicPartition partition, @Nullable Long keyHash, long version, long offset, String eventId);

    /**
     * Returns which events a person discarded, by the offsets of their records, between two of them. Should another event stand there, the
     * topic is not the one that it was.
     */
    Map<Long, String> discarded(String sink, TopicPartition partition, long from, long to);

    /** Returns the offset of the last record whose event a person discarded; -1 where there is none. */
    long lastDiscarded(String sink, TopicPartition partition);
}
