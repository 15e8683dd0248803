package io.millrace.admin.tables;

import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSnapshot;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot as the API shows it.
 *
 * @param phase READING or SEARCHING (the sinks, for rows that the source has no more); null unless it is open
 * @param rowsMissing rows that sinks held and the source has no more
 */
record SnapshotView(
        long id,
        SnapshotState state,
        @Nullable String phase,
        @Nullable String filter,
        long rowsDone,
        @Nullable Long rowsEstimated,
        @Nullable Double rowsPerSecond,
        @Nullable Long secondsLeft,
        long rowsMissing,
        @Nullable String message,
        String requestedBy,
        Instant requestedAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt) {

    static SnapshotView of(TableSnapshot snapshot) {
        return new SnapshotView(
                snapshot.id(),
                snapshot.state(),
                snapshot.isOpen() ? (snapshot.allRead() ? "SEARCHING" : "READING") : null,
                snapshot.filter(),
                snapshot.rowsDone(),
                snapshot.rowsEstimated(),
                snapshot.rowsPerSecond(),
                snapshot.secondsLeft(),
                snapshot.rowsMissing(),
                snapshot.message(),
                snapshot.requestedBy(),
                snapshot.requestedAt(),
                snapshot.startedAt(),
                snapshot.finishedAt());
    }
}
