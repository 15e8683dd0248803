package io.millrace.sync.deadletter;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** The table and the topics together; the topic first, so that what the table shows is there. */
final class DeadLetterStore implements DeadLetters {

    private final LetterIntake intake;
    private final LetterTable table;
    private final DeadLetterTopics topics;
    private final LetterRecords records;

    DeadLetterStore(LetterIntake intake, LetterTable table, DeadLetterTopics topics, LetterRecords records) {
        this.intake = intake;
        this.table = table;
        this.topics = topics;
        this.records = records;
    }

    @Override
    public boolean keep(String sink, List<DeadLetter> letters) {
        return intake.keep(sink, letters, topics.send(sink, letters));
    }

    @Override
    public Map<Long, Long> unsettled(String sink, TopicPartition partition) {
        return table.unsettled(sink, partition);
    }

    @Override
    public long unsettledRows(String sink, TopicPartition partition) {
        return table.unsettledRows(sink, partition);
    }

    @Override
    public Map<Long, Gap> gaps(String sink, TopicPartition partition) {
        return table.gaps(sink, partition);
    }

    @Override
    public List<Standing> standing() {
        return table.standing();
    }

    @Override
    public List<KeptLetter> due(
            String sink,
            TopicPartition partition,
            long below,
            Set<Long> except,
            Set<Long> exceptRows,
            boolean inOrder,
            int limit) {
        return table.due(sink, partition, below, except, exceptRows, inOrder, limit);
    }

    @Override
    public boolean begin(KeptLetter letter) {
        return table.begin(letter.id());
    }

    @Override
    public String later(KeptLetter letter, String cause, @Nullable String masks) {
        return table.later(letter, cause, masks);
    }

    @Override
    public Optional<ConsumerRecord<byte[], byte[]>> record(KeptLetter letter) {
        return records.read(letter);
    }

    @Override
    public void taken(KeptLetter letter) {
        table.taken(letter.id());
    }

    @Override
    public void passed(KeptLetter letter, @Nullable String reason) {
        table.passed(letter.id(), reason);
    }

    @Override
    public void refused(KeptLetter letter, String cause, @Nullable String stack, @Nullable String masks) {
        table.refused(letter, cause, stack, masks);
    }

    @Override
    public int superseded(
            String sink, TopicPartition partition, @Nullable Long keyHash, long version, long offset, String eventId) {
        return table.superseded(sink, partition, keyHash, version, offset, eventId);
    }

    @Override
    public Map<Long, String> discarded(String sink, TopicPartition partition, long from, long to) {
        return table.discarded(sink, partition, from, to);
    }

    @Override
    public long lastDiscarded(String sink, TopicPartition partition) {
        return table.lastDiscarded(sink, partition);
    }
}
