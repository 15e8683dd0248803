package io.millrace.sync.delivery;

import io.millrace.catalog.LetterCauses;
import io.millrace.event.ChangeEvent;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.deadletter.DeadLetter.Category;
import io.millrace.sync.shaping.TableShaping;
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

    ChangeEvent event() {
        return change.event();
    }

    TopicPartition partition() {
        return new TopicPartition(record.topic(), record.partition());
    }

    /** Returns this change, put together with an older one. */
    Received folded(Change whole, Received older) {
        List<Received> all = new ArrayList<>(older.parts());
        all.addAll(parts());
        return new Received(whole, record, held, all, shaping);
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

    /** Returns what it is masked under, as JSON. */
    String masks() {
        return shaping == null ? DeadLetter.UNMASKED : shaping.masks();
    }

    DeadLetter rejected(String cause, @Nullable String stack) {
        return letter(Category.REJECTED, cause, stack);
    }

    DeadLetter late(String cause) {
        return letter(Category.RETRYABLE, cause, null);
    }

    DeadLetter behind() {
        return letter(Category.BEHIND, LetterCauses.BEHIND, null);
    }

    private DeadLetter letter(Category category, String cause, @Nullable String stack) {
        DeadLetter letter = new DeadLetter(
                record, event().source(), change.table().table(), event(), keyHash(), category, cause, stack);
        return shaping == null ? letter : shaping.kept(letter);
    }
}
