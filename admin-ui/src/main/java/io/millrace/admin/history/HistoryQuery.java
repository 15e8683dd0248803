package io.millrace.admin.history;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What of the history is asked for; null members do not restrict.
 *
 * @param key as {@code RowKey.encoded()} writes it: one value, or percent-encoded values joined by commas
 * @param operation create, update, delete, read, truncate or gap
 * @param from first moment of commit, inclusive
 * @param to last moment of commit, exclusive
 */
record HistoryQuery(
        @Nullable String source,
        @Nullable String schema,
        @Nullable String table,
        @Nullable String key,
        @Nullable String operation,
        @Nullable Instant from,
        @Nullable Instant to) {

    /** Returns whether exactly one row is asked for. */
    boolean oneRow() {
        return key != null && source != null && schema != null && table != null;
    }
}
