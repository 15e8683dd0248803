package io.millrace.sync.delivery;

import io.millrace.event.ChangeEvent;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.deadletter.DeadLetter.Category;
import io.millrace.sync.shaping.TableShaping;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ShapeNotes;
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
 * @param shaping what made the change of the record; null where it is given as it is
 */
record Received(
        Change change,
        ConsumerRecord<byte[], byte[]> record,
        HeldKeys held,
        List<Received> whole,
        @Nullable TableShaping shaping) {

    Received(Change change, ConsumerRecord<byte[], byte[]> record, HeldKeys held) {
        this(change, record, held, null);
    }

    Received(Change change, ConsumerRecord<byte[], byte[]> record, HeldKeys held, @Nullable TableShaping shaping) {
        this(change, record, held, List.of(), shaping);
    }

    /** Why a change is kept that could be written. */
    static final String BEHIND =
            "An earlier change of this row is a dead letter: this one follows when that is retried or discarded.";

    ChangeEvent event() {
        return change.event();
    }

    TopicPartition partition() {
        return new TopicPartition(record.topic(), record.partition());
    }

    /** Returns this change with values from an older one. */
    Received folded(ChangeEvent result, Received older) {
        return folded(change.with(result), older);
    }

    /** Returns this delete of a row that the sink is not to hold, where that row has values from an older change. */
    Received hiding(ChangeEvent row, Received older) {
        ShapeNotes notes = change.notes();
        return folded(
                new Change(change.table(), change.event(), new ShapeNotes(notes.masked(), notes.changed(), row)),
                older);
    }

    private Received folded(Change changed, Received older) {
        List<Received> all = new ArrayList<>(older.parts());
        all.addAll(parts());
        return new Received(changed, record, held, all, shaping);
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
        return letter(Category.BEHIND, BEHIND, null);
    }

    private DeadLetter letter(Category category, String cause, @Nullable String stack) {
        DeadLetter letter = new DeadLetter(
                record, event().source(), change.table().table(), event(), keyHash(), category, cause, stack);
        return shaping == null ? letter : shaping.kept(letter);
    }
}
