package io.millrace.capture.snapshot;

import io.millrace.capture.publish.ReadBatch;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Doubt;
import io.millrace.event.RowKey;
import java.sql.SQLException;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Reads a table with a key in the key's order, chunk by chunk, from behind a key to what was the highest at the beginning. */
final class KeyedReading {

    private final ChunkReading chunks;
    private final int chunkRows;
    private final Rereads rereads;
    private final SnapshotProgress progress;
    private final SnapshotPace pace;

    KeyedReading(ChunkReading chunks, int chunkRows, Rereads rereads, SnapshotProgress progress, SnapshotPace pace) {
        this.chunks = chunks;
        this.chunkRows = chunkRows;
        this.rereads = rereads;
        this.progress = progress;
        this.pace = pace;
    }

    /**
     * Reads until the end.
     *
     * @param filter an expression as a prepared statement needs it; null for all rows
     * @param stopped asked between chunks
     * @return false if it stopped before the end
     */
    boolean read(TableSnapshot snapshot, @Nullable String filter, BooleanSupplier stopped)
            throws SQLException, InterruptedException {
        String endKey = snapshot.endKey();
        if (endKey == null) {
            return true;
        }
        RowKey end = new RowKey(endKey);
        String last = snapshot.lastKey();
        while (!stopped.getAsBoolean()) {
            RowKey behind = last == null ? null : new RowKey(last);
            ChunkReading.Read read = chunks.read((table, into) -> {
                requireSameKey(end, table);
                new RowReader(table.table()).behind(chunks.connection(), behind, end, filter, chunkRows, into);
            });
            last = read.rows().lastKey();
            if (last == null) {
                return true;
            }
            askAgain(snapshot, read.outcome().again());
            if (!progress.chunk(read.rows().size(), read.outcome().sent().rows(), last)) {
                return false;
            }
            pace.await(stopped);
        }
        return false;
    }

    /** The next attempt begins anew, in the order of the new key. */
    private static void requireSameKey(RowKey end, TableDescription.Described table) {
        if (!end.names().equals(table.table().keyColumns())) {
            throw new IllegalStateException("The key of " + table.table().table() + " is no longer "
                    + String.join(", ", end.names()) + ": its rows are read from the beginning");
        }
    }

    /** Asked for before the chunk counts as done: a kill must not forget them. */
    private void askAgain(TableSnapshot snapshot, Set<String> keys) {
        rereads.request(
                snapshot.tableId(),
                keys.stream().map(key -> Doubt.of(new RowKey(key))).toList(),
                snapshot.id(),
                "capture");
    }

    /** Returns the highest key of the table; null where it is empty. */
    static @Nullable String highest(ChunkReading chunks, TableDescription.Described table) throws SQLException {
        ReadBatch highest = chunks.begin(table, 0, 0, java.time.Instant.EPOCH);
        new RowReader(table.table()).highest(chunks.connection(), highest);
        return highest.lastKey();
    }
}
