package io.millrace.sync.delivery;

import io.millrace.event.ChangeEvent;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.sink.Change;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** A change and the record that it came in. */
record Received(Change change, ConsumerRecord<byte[], byte[]> record) {

    ChangeEvent event() {
        return change.event();
    }

    TopicPartition partition() {
        return new TopicPartition(record.topic(), record.partition());
    }

    Received with(ChangeEvent folded) {
        return new Received(new Change(change.table(), folded), record);
    }

    DeadLetter rejected(String cause) {
        return new DeadLetter(record, change.event(), cause);
    }
}
