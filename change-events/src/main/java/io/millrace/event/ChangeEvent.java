package io.millrace.event;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One change of one row, or a truncate of one table.
 *
 * @param source the source's name
 * @param table the table at the source
 * @param position where the change stands in its source's commit order
 * @param lsn where the change itself is in the WAL; orders the changes of one row, and nothing else
 * @param operation what happened
 * @param key which row; null for a truncate and for a table without a key. A change of the key comes as a delete of the old and a
 *     create of the new key
 * @param before the row as it was, as far as PostgreSQL sent it; null when it sent nothing
 * @param beforeCompleteness how much of it that is
 * @param after the row as it is; null for a delete and a truncate. Holds {@link ChangeEventCodec#UNAVAILABLE} in the columns that
 *     {@code unavailable} names
 * @param unavailable the columns of {@code after} whose value PostgreSQL did not send (unchanged TOAST): a sink keeps what it has
 * @param transaction the transaction of the change
 * @param capturedAt when capture read it
 * @param schemaVersion which version of the table's columns it was written under
 */
public record ChangeEvent(
        String source,
        TableId table,
        SourcePosition position,
        long lsn,
        Operation operation,
        @Nullable RowKey key,
        @Nullable Row before,
        BeforeCompleteness beforeCompleteness,
        @Nullable Row after,
        Set<String> unavailable,
        TransactionInfo transaction,
        Instant capturedAt,
        int schemaVersion) {

    private static final int LSN_BITS = 52;

    /** Returns the id of this event; the same whenever the change is delivered. */
    public String eventId() {
        return position.eventId(source);
    }

    /**
     * Returns the version of this row state: larger for a later change of the same row, across epochs too. Positive, so usable as an
     * external version in Elasticsearch. The LSN takes the lower 52 bits (4 PiB of WAL), the epoch the 11 above.
     */
    public long rowVersion() {
        return rowVersion(position.epoch(), lsn);
    }

    /** Returns the version of a row state that was made, or read, at an LSN. */
    public static long rowVersion(int epoch, long lsn) {
        return (long) epoch << LSN_BITS | lsn;
    }

    /** Returns the epoch in a version. */
    public static int epochOf(long rowVersion) {
        return (int) (rowVersion >>> LSN_BITS);
    }

    /** Returns the LSN in a version. */
    public static long lsnOf(long rowVersion) {
        return rowVersion & (1L << LSN_BITS) - 1;
    }

    /** Returns the same change of the same row, with something else said of what it did. */
    public ChangeEvent with(
            Operation operation,
            @Nullable Row before,
            BeforeCompleteness beforeCompleteness,
            @Nullable Row after,
            Set<String> unavailable) {
        return new ChangeEvent(
                source,
                table,
                position,
                lsn,
                operation,
                key,
                before,
                beforeCompleteness,
                after,
                unavailable,
                transaction,
                capturedAt,
                schemaVersion);
    }

    /**
     * Tells whether nobody was seen deleting this row: a sink held it, and when it was looked for, the source had none under its key. Has
     * the position of a snapshot read.
     */
    public boolean isFoundMissing() {
        return operation == Operation.DELETE && position.isRead();
    }
}
