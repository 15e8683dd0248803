package io.millrace.capture.snapshot;

import io.millrace.capture.snapshot.TableDescription.Described;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.preflight.RowFilter;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One run of one snapshot: begins it, or takes it up where it stopped. Used by the snapshot thread. */
final class SnapshotReading {

    private final SnapshotContext context;
    private final Source source;
    private final CapturedTable table;
    private final ChunkReading chunks;
    private final SnapshotMetrics.Of metrics;

    SnapshotReading(
            SnapshotContext context,
            Source source,
            CapturedTable table,
            ChunkReading chunks,
            SnapshotMetrics.Of metrics) {
        this.context = context;
        this.source = source;
        this.table = table;
        this.chunks = chunks;
        this.metrics = metrics;
    }

    /**
     * Reads until the end, or until it is to stop.
     *
     * @param prepared a transaction for a table without a key; null where there is none
     * @return rows read if that is all; -1 if it stopped before
     */
    long read(TableSnapshot asked, @Nullable Connection prepared, BooleanSupplier stopped)
            throws SQLException, InterruptedException, RowFilter.Refused {
        Described described = chunks.describe();
        RowFilter filter =
                asked.filter() == null ? null : RowFilter.check(chunks.connection(), table.table(), asked.filter());
        boolean keyed = described.table().hasKey();
        TableSnapshot snapshot = keyed && goesOn(asked, described) ? asked : begin(asked, described, filter, stopped);
        if (snapshot == null) {
            return -1;
        }
        SnapshotProgress progress = new SnapshotProgress(snapshot, context.runs(), metrics);
        if (!progress.start()) {
            return -1;
        }
        String expression = filter == null ? null : filter.jdbc();
        try (SnapshotPace pace = new SnapshotPace(context, table)) {
            boolean all = keyed
                    ? new KeyedReading(chunks, context.chunkRows(), context.rereads(), progress, pace)
                            .read(snapshot, expression, stopped)
                    : new KeylessReading(chunks, context.chunkRows(), progress, pace)
                            .read(prepared, expression, stopped);
            if (!all) {
                return -1;
            }
        }
        context.runs().allRead(snapshot.id(), context.topics().ends(table.topic()));
        return progress.rowsDone();
    }

    /** After a new epoch nothing that was read counts, and behind a key that is another one by now no row can be found. */
    private boolean goesOn(TableSnapshot snapshot, Described described) {
        Long start = snapshot.startVersion();
        String end = snapshot.endKey();
        return start != null
                && ChangeEvent.epochOf(start) == source.epoch()
                && end != null
                && new RowKey(end).names().equals(described.table().keyColumns());
    }

    /** Returns null where it is to stop: a run that the source kept waiting may have a successor by now, which has begun. */
    private @Nullable TableSnapshot begin(
            TableSnapshot snapshot, Described described, @Nullable RowFilter filter, BooleanSupplier stopped)
            throws SQLException {
        long mark = chunks.mark();
        String highest = described.table().hasKey() ? KeyedReading.highest(chunks, described) : null;
        Long estimated = filter != null
                ? (Long) filter.estimatedRows()
                : described.table().estimatedRows() < 0
                        ? null
                        : (Long) described.table().estimatedRows();
        if (stopped.getAsBoolean()) {
            return null;
        }
        context.runs().begun(snapshot.id(), ChangeEvent.rowVersion(source.epoch(), mark), highest, estimated);
        return context.runs().find(snapshot.id()).orElse(snapshot);
    }
}
