package io.millrace.sync.delivery;

import io.millrace.event.ChangeEvent;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.deadletter.DeadLetter.Category;
import io.millrace.sync.sink.Change;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A change and the record that it came in.
 *
 * @param held the rows of its partition that have dead letters
 * @param whole the records, itself the last, whose values were folded into it; empty where none were
 */
record Received(Change change, ConsumerRecord<byte[], byte[]> record, HeldKeys held, List<Received> whole) {

    Received(Change change, ConsumerRecord<byte[], byte[]> record, HeldKeys held) {
        this(change, record, held, List.of());
    }

    ChangeEvent event() {
        return change.event();
    }

    TopicPartition partition() {
        return new TopicPartition(record.topic(), record.partition());
    }

    /** Returns this change with values from an older one. */
    Received folded(ChangeEvent result, Received older) {
        List<Received> all = new ArrayList<>(older.parts());
        all.addAll(parts());
        return new Received(new Change(change.table(), result), record, held, all);
    }

    /** Returns the changes as they came, in order. */
    List<Received> parts() {
        return whole.isEmpty() ? List.of(this) : whole;
    }

    /** Tells whether it says all of its row, so that earlier changes of it need not be known. */
    boolean isWhole() {
        return event().after() == null || event().unavailable().isEmpty();
    }

    /** Returns what its row is told apart by; null where it has no key. */
    @Nullable
    Long keyHash() {
        return HeldKeys.hash(change.table(), record);
    }

    DeadLetter rejected(String cause, @Nullable String stack) {
        return letter(Category.REJECTED, cause, stack);
    }

    DeadLetter behind() {
        return letter(
                Category.BEHIND,
                "An earlier change of this row is a dead letter: this one follows when that is retried or discarded.",
                null);
    }

    private DeadLetter letter(Category category, String cause, @Nullable String stack) {
        return new DeadLetter(
                record, event().source(), change.table().table(), event(), keyHash(), category, cause, stack);
    }
}
