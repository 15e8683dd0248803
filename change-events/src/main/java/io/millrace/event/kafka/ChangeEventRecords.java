package io.millrace.event.kafka;

import io.millrace.event.ChangeEvent;
import io.millrace.event.ChangeEventCodec;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Reads change events from Kafka records. Stateless and thread-safe. */
public final class ChangeEventRecords {

    private final ChangeEventCodec codec = new ChangeEventCodec();

    /**
     * Returns the event in a record, or null for a tombstone.
     *
     * @throws io.millrace.event.MalformedEventException if the record is not an event of this contract
     */
    public @Nullable ChangeEvent read(ConsumerRecord<byte[], byte[]> record) {
        byte[] value = record.value();
        return value == null ? null : codec.decode(record.key(), value, name -> text(record.headers(), name));
    }

    /** Returns a header's last value as text, or null if there is none. */
    public static @Nullable String text(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }
}
