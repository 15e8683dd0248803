package io.millrace.sync.deadletter;

import io.millrace.event.ChangeEvent;
import io.millrace.event.TableId;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record to keep.
 *
 * @param source where the table is
 * @param table whose topic it came in
 * @param event what it holds; null when it is no event of the contract
 * @param keyHash what its row is told apart by, from the key as it is in the table's topic; null where the record names no row
 * @param category why it is kept
 * @param cause why it was rejected or what it waits for, for people
 * @param stack where it was rejected, without messages; null where the sink's service named the record
 * @param masks what record, event and cause are masked under, as {@link io.millrace.catalog.shaping.Shaping#masksJson} writes it
 */
public record DeadLetter(
        ConsumerRecord<byte[], byte[]> record,
        String source,
        TableId table,
        @Nullable ChangeEvent event,
        @Nullable Long keyHash,
        Category category,
        String cause,
        @Nullable String stack,
        String masks) {

    /** Of masks: none. */
    public static final String UNMASKED = "{}";

    /** One that is kept as it came. */
    public DeadLetter(
            ConsumerRecord<byte[], byte[]> record,
            String source,
            TableId table,
            @Nullable ChangeEvent event,
            @Nullable Long keyHash,
            Category category,
            String cause,
            @Nullable String stack) {
        this(record, source, table, event, keyHash, category, cause, stack, UNMASKED);
    }

    /** Why a record is kept. */
    public enum Category {
        /** The sink's service refuses what it holds. */
        REJECTED,
        /** The sink does not take it for now, although it takes others: it is tried on. */
        RETRYABLE,
        /** It is no event of the contract. */
        MALFORMED,
        /** An earlier change of its row is kept, and must come first. */
        BEHIND
    }
}
