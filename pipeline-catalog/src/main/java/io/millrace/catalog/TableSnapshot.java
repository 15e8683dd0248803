package io.millrace.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One reading of a table's existing rows.
 *
 * @param filter an SQL expression that the rows meet; null for all rows
 * @param rowsDone rows that Kafka has
 * @param rowsEstimated the planner's estimate, or what was found to be more than it; null where there is none
 * @param rowsPerSecond of late; null while nothing is read
 * @param secondsLeft at that rate; null where unknown
 * @param search whether sinks are searched for rows that the source has no more
 * @param startVersion {@link io.millrace.event.ChangeEvent#rowVersion()} of its beginning; null before it
 * @param endKey the highest key at its beginning; null before it, and where the table is empty or has no key
 * @param lastKey key of the last row that Kafka has, a JSON object of the key columns; null before the first
 * @param allRead whether every row is read; the sinks may still be searched
 * @param rowsMissing rows that sinks held and the source has no more
 * @param requestedBy user name, or {@code millrace}
 */
public record TableSnapshot(
        long id,
        long tableId,
        SnapshotState state,
        @Nullable String filter,
        long rowsDone,
        @Nullable Long rowsEstimated,
        @Nullable Double rowsPerSecond,
        @Nullable Long secondsLeft,
        boolean search,
        @Nullable Long startVersion,
        @Nullable String endKey,
        @Nullable String lastKey,
        boolean allRead,
        long rowsMissing,
        @Nullable String message,
        String requestedBy,
        Instant requestedAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt) {

    /** Returns whether it is neither done nor given up. */
    public boolean isOpen() {
        return state == SnapshotState.REQUESTED || state == SnapshotState.RUNNING || state == SnapshotState.PAUSED;
    }
}
