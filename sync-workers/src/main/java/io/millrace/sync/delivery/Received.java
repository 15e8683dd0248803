package io.millrace.sync.delivery;

import io.millrace.event.ChangeEvent;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.shaping.TableShaping;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ShapeNotes;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A change and the record that it came in.
 *
 * @param shaping what made the change of the record; null where it is given as it is
 */
record Received(
        Change change,
        ConsumerRecord<byte[], byte[]> record,
        @Nullable TableShaping shaping) {

    Received(Change change, ConsumerRecord<byte[], byte[]> record) {
        this(change, record, null);
    }

    ChangeEvent event() {
        return change.event();
    }

    TopicPartition partition() {
        return new TopicPartition(record.topic(), record.partition());
    }

    Received with(ChangeEvent folded) {
        return new Received(change.with(folded), record, shaping);
    }

    Received hiding(ChangeEvent folded) {
        ShapeNotes notes = change.notes();
        return new Received(
                new Change(
                        change.table(),
                        change.event(),
                        new ShapeNotes(notes.masked(), notes.changed(), folded, notes.filtered())),
                record,
                shaping);
    }

    DeadLetter rejected(String cause) {
        return shaping == null ? new DeadLetter(record, change.event(), cause) : shaping.deadLetter(record, cause);
    }
}
