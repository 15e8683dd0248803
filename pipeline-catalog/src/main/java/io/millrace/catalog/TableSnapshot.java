package io.millrace.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One reading of a table's existing rows.
 *
 * @param rowsDone rows that Kafka has
 * @param rowsEstimated the planner's estimate, or null where it has none
 * @param lastKey key of the last row that Kafka has, a JSON object of the key columns; null before the first
 */
public record TableSnapshot(
        long id,
        long tableId,
        SnapshotState state,
        long rowsDone,
        @Nullable Long rowsEstimated,
        @Nullable String lastKey,
        @Nullable String message,
        Instant requestedAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt) {}
