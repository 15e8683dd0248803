package io.millrace.admin.history;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One change as the history holds it. Key, images and actor are JSON texts, as PostgreSQL writes jsonb.
 *
 * @param before the row before, as far as it was sent; null where it was not
 * @param beforeCompleteness FULL, KEY or NONE
 * @param unavailableColumns columns of {@code after} whose value was not sent because it stayed as it was
 * @param maskedColumns columns that were masked when the change was recorded: their values were never here
 * @param ordinal the change's number in its transaction; negative for a snapshot read
 * @param seq in which order the history took it up; what lists are paged by
 */
record HistoryEvent(
        String eventId,
        String source,
        String schema,
        String table,
        @JsonRawValue @Nullable String key,
        String operation,
        @JsonRawValue @Nullable String before,
        @JsonRawValue @Nullable String after,
        List<String> changedColumns,
        String beforeCompleteness,
        List<String> unavailableColumns,
        @Nullable Long transactionId,
        String lsn,
        String commitLsn,
        int epoch,
        int ordinal,
        Instant committedAt,
        Instant capturedAt,
        @JsonRawValue @Nullable String actor,
        List<String> maskedColumns,
        @JsonIgnore long seq) {

    /** Tells whether nobody was seen deleting the row: a sink held it, and when it was looked for, the source had none. */
    @JsonProperty("foundMissing")
    public boolean isFoundMissing() {
        return operation.equals("delete") && ordinal < 0;
    }
}
