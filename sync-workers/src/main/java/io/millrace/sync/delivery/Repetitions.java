package io.millrace.sync.delivery;

import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.event.ChangeEvent;
import io.millrace.event.EventHeaders;
import io.millrace.event.SourcePosition;
import io.millrace.event.kafka.ChangeEventRecords;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Knows which records stand in a partition once more. Capture that was stopped, cut off or killed may still write what its successor has
 * written, or will: every capture begins at what the partition held and goes on in order, so the first of each change is in order, and
 * whatever is not newer than the change before it is a repetition.
 *
 * <p>What is remembered of a partition holds for one offset. Wherever else a consumer goes on, what is stored with the sink's offset
 * counts; after a rewind that is nothing. May be used by many threads, for a partition by one at a time.
 */
final class Repetitions {

    private final String sink;
    private final Offsets offsets;
    private final Map<TopicPartition, Known> known = new ConcurrentHashMap<>();

    /** @param before of the batch that ended there: after a fault it is read again */
    private record Known(
            long next,
            @Nullable SourcePosition reached,
            @Nullable Known before) {}

    Repetitions(String sink, Offsets offsets) {
        this.sink = sink;
        this.offsets = offsets;
    }

    /** Returns the sequence of a batch that begins at an offset. */
    Sequence at(TopicPartition partition, long offset) {
        for (Known last = known.get(partition); last != null; last = last.before()) {
            if (last.next() == offset) {
                known.put(partition, new Known(offset, last.reached(), null));
                return new Sequence(last.reached());
            }
        }
        SourcePosition stored = stored(partition, offset);
        known.put(partition, new Known(offset, stored, null));
        return new Sequence(stored);
    }

    /** Remembers how far a batch led, should the next one begin where it ends. */
    void read(TopicPartition partition, long next, Sequence sequence) {
        known.put(partition, new Known(next, sequence.reached, known.get(partition)));
    }

    /** What is stored may be older than the offset asked for, where storing it lags: then it is only less, and not wrong. */
    private @Nullable SourcePosition stored(TopicPartition partition, long offset) {
        return offsets.deliveries(sink).stream()
                .filter(stored -> stored.topic().equals(partition.topic())
                        && stored.partition() == partition.partition()
                        && stored.nextOffset() <= offset)
                .map(DeliveryOffset::lastPosition)
                .filter(Objects::nonNull)
                .map(SourcePosition::parse)
                .findFirst()
                .orElse(null);
    }

    /** Returns the position of the newest change among these, as text; reads have none. */
    static @Nullable String newest(List<Received> part) {
        for (int i = part.size() - 1; i >= 0; i--) {
            SourcePosition position = part.get(i).event().position();
            if (!position.isRead()) {
                return position.toString();
            }
        }
        return null;
    }

    /** The changes of one partition, in their order. */
    static final class Sequence {

        private @Nullable SourcePosition reached;

        Sequence(@Nullable SourcePosition reached) {
            this.reached = reached;
        }

        /** Tells whether a record is the first of its change; a read is, unless it was published before changes that stand before it. */
        boolean isNew(ChangeEvent event, ConsumerRecord<byte[], byte[]> record) {
            SourcePosition position = event.position();
            SourcePosition before = reached;
            if (position.isRead()) {
                String upTo =
                        before == null ? null : ChangeEventRecords.text(record.headers(), EventHeaders.PUBLISHED_UP_TO);
                return before == null
                        || upTo == null
                        || SourcePosition.parse(upTo).compareTo(before) >= 0;
            }
            if (before != null && position.compareTo(before) <= 0) {
                return false;
            }
            reached = position;
            return true;
        }
    }
}
