package io.millrace.sync.delivery;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.RowKey;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.deadletter.Gap;
import io.millrace.sync.sink.SinkKind;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one partition that have dead letters which are not settled: their later changes must not pass unless they take the
 * letters' place. Confined to the consumer's thread. What the catalog settles meanwhile is held a little longer, never shorter.
 */
final class HeldKeys {

    /** By what rows are told apart by, the offset of the first letter. */
    private final Map<Long, Long> first = new HashMap<>();

    /** Of states: rows of which discarded letters have what nobody else has. */
    private final Map<Long, Gap> gaps = new HashMap<>();

    /** Of others than states: up to where changes may have been discarded. */
    private long discardedBelow;

    /** Letters kept since the rows were last read or counted. */
    private final Set<Long> added = new HashSet<>();

    /** Of states: whether any rows of the table are awaited; null where that is to be looked up. */
    private @Nullable Boolean awaits;

    /** Tells whether no letter is known, of whatever row. */
    boolean isEmpty() {
        return first.isEmpty() && gaps.isEmpty();
    }

    /** Returns how many rows are held, or how many letters were added since they were last counted, whichever is more. */
    int size() {
        return Math.max(first.size(), added.size());
    }

    /** Notes that the rows were counted: however many letters there are, they are not of too many rows. */
    void counted() {
        added.clear();
    }

    /** Tells whether an earlier change of its row, or this one itself, is a dead letter. */
    boolean holds(Received received) {
        return !first.isEmpty() && holds(received.keyHash(), received.record().offset());
    }

    boolean holds(@Nullable Long keyHash, long offset) {
        Long letter = keyHash == null ? null : first.get(keyHash);
        return letter != null && letter <= offset;
    }

    /** Tells whether letters of its row are known, settled by discarding or not at all. */
    boolean isAbout(Received received) {
        Long keyHash = received.keyHash();
        return holds(keyHash, received.record().offset()) || keyHash != null && gaps.containsKey(keyHash);
    }

    boolean hasGaps() {
        return !gaps.isEmpty();
    }

    /** Returns what was discarded of a row, so that what a sink holds of it is not what later changes were made to; null for nothing. */
    @Nullable
    Gap gap(long keyHash) {
        return gaps.get(keyHash);
    }

    @Nullable
    Boolean awaits() {
        return awaits;
    }

    /** Takes note whether rows of the table are awaited, or that it is not known any more. */
    void awaits(@Nullable Boolean now) {
        awaits = now;
    }

    /** Tells whether the record at this offset is known to be kept already; it is kept again where it is not. */
    boolean kept(long offset) {
        return added.contains(offset);
    }

    /** Tells whether a person may have discarded a change at this offset or a later one. */
    boolean mayBeDiscardedFrom(long offset) {
        return offset < discardedBelow;
    }

    void add(@Nullable Long keyHash, long offset) {
        added.add(offset);
        if (keyHash != null) {
            first.merge(keyHash, offset, Math::min);
        }
    }

    /** Takes what the catalog has. */
    void read(DeadLetters letters, String sink, SinkKind kind, TopicPartition partition) {
        Map<Long, Long> unsettled = letters.unsettled(sink, partition);
        Map<Long, Gap> discarded = kind == SinkKind.STATE ? letters.gaps(sink, partition) : Map.of();
        // afterwards: what is discarded meanwhile is in one of the two
        long lastDiscarded = kind == SinkKind.STATE ? -1 : letters.lastDiscarded(sink, partition);
        first.clear();
        first.putAll(unsettled);
        gaps.clear();
        gaps.putAll(discarded);
        discardedBelow = lastDiscarded + 1;
        added.clear();
        awaits = null;
    }

    /** By the record's key as it came: whatever a sink is given of it. */
    static @Nullable Long hash(CapturedTable table, ConsumerRecord<byte[], byte[]> record) {
        RowKey key = RowKey.of(record.key());
        return key == null ? null : (Long) key.hash(table.source(), table.table());
    }
}
