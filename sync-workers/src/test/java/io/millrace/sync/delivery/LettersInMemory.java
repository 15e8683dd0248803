package io.millrace.sync.delivery;

import io.millrace.catalog.LetterCauses;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.deadletter.DeadLetter.Category;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.deadletter.Gap;
import io.millrace.sync.deadletter.KeptLetter;
import io.millrace.sync.deadletter.Standing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Dead letters of one partition, kept in memory; may be told that the sink's stored offset has passed, or to fail. */
final class LettersInMemory implements DeadLetters {

    final Map<Long, DeadLetter> kept = new TreeMap<>();
    final Set<Long> superseded = new HashSet<>();
    /** Events by offset. */
    final Map<Long, String> discarded = new HashMap<>();
    /** Of rows with discarded letters that nothing made good. */
    final Map<Long, Gap> gaps = new HashMap<>();
    /** To be given again. */
    final List<KeptLetter> due = new ArrayList<>();
    /** What is left of those, by offset. */
    final Map<Long, ConsumerRecord<byte[], byte[]>> records = new HashMap<>();

    final List<Long> refusedAgain = new ArrayList<>();
    final List<Long> takenAgain = new ArrayList<>();
    final List<Long> passedBy = new ArrayList<>();
    /** As offset and cause. */
    final List<String> leftForLater = new ArrayList<>();

    /** How often it was asked what was discarded. */
    int lookups;

    long passed;
    boolean failing;
    /** Whether masks were declared while letters were on their way. */
    boolean masked;

    /** Returns each letter as offset and category, the settled left out. */
    List<String> left() {
        return kept.entrySet().stream()
                .filter(entry -> !superseded.contains(entry.getKey()))
                .map(entry -> entry.getKey() + ":" + entry.getValue().category())
                .toList();
    }

    @Override
    public boolean keep(String sink, List<DeadLetter> letters) {
        if (failing) {
            throw new IllegalStateException("The test wants it to fail");
        }
        for (DeadLetter letter : letters) {
            if (letter.record().offset() < passed) {
                return false;
            }
            kept.merge(letter.record().offset(), letter, (old, now) -> now.category() == Category.BEHIND ? old : now);
        }
        return true;
    }

    @Override
    public Map<Long, Long> unsettled(String sink, TopicPartition partition) {
        Map<Long, Long> first = new HashMap<>();
        kept.forEach((offset, letter) -> {
            if (!superseded.contains(offset) && letter.keyHash() != null) {
                first.merge(letter.keyHash(), offset, Math::min);
            }
        });
        return first;
    }

    @Override
    public long unsettledRows(String sink, TopicPartition partition) {
        long rowless = kept.entrySet().stream()
                .filter(entry ->
                        !superseded.contains(entry.getKey()) && entry.getValue().keyHash() == null)
                .count();
        return unsettled(sink, partition).size() + rowless;
    }

    @Override
    public Map<Long, Gap> gaps(String sink, TopicPartition partition) {
        return Map.copyOf(gaps);
    }

    @Override
    public int superseded(
            String sink, TopicPartition partition, Long keyHash, long version, long offset, String eventId) {
        int before = superseded.size();
        kept.forEach((at, letter) -> {
            boolean row = keyHash == null || keyHash.equals(letter.keyHash());
            boolean older =
                    letter.event() == null ? at < offset : letter.event().rowVersion() <= version;
            if (row && older) {
                superseded.add(at);
            }
        });
        return superseded.size() - before;
    }

    @Override
    public Map<Long, String> discarded(String sink, TopicPartition partition, long from, long to) {
        lookups++;
        return discarded;
    }

    @Override
    public long lastDiscarded(String sink, TopicPartition partition) {
        return discarded.keySet().stream().max(Long::compare).orElse(-1L);
    }

    @Override
    public List<Standing> standing() {
        throw new UnsupportedOperationException();
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
        return due.stream()
                .filter(letter -> !except.contains(letter.id()) && !exceptRows.contains(letter.keyHash()))
                .toList();
    }

    @Override
    public boolean begin(KeptLetter letter) {
        return true;
    }

    @Override
    public String later(KeptLetter letter, String cause, String masks) {
        leftForLater.add(letter.offset() + ": " + cause);
        return masked ? LetterCauses.UNSAID : cause;
    }

    @Override
    public void passed(KeptLetter letter, String reason) {
        due.remove(letter);
        passedBy.add(letter.offset());
    }

    @Override
    public Optional<ConsumerRecord<byte[], byte[]>> record(KeptLetter letter) {
        return Optional.ofNullable(records.get(letter.offset()));
    }

    @Override
    public void taken(KeptLetter letter) {
        due.remove(letter);
        takenAgain.add(letter.offset());
    }

    @Override
    public void refused(KeptLetter letter, String cause, String stack, String masks) {
        due.remove(letter);
        refusedAgain.add(letter.offset());
    }
}
