package io.millrace.capture.snapshot;

import io.millrace.capture.publish.ReadBatch;
import io.millrace.capture.snapshot.TableDescription.Described;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Rows without a key cannot be found again, so one snapshot of the database is read from beginning to end. */
final class KeylessReading {

    private final ChunkReading chunks;
    private final int chunkRows;
    private final SnapshotProgress progress;
    private final SnapshotPace pace;

    KeylessReading(ChunkReading chunks, int chunkRows, SnapshotProgress progress, SnapshotPace pace) {
        this.chunks = chunks;
        this.chunkRows = chunkRows;
        this.progress = progress;
        this.pace = pace;
    }

    /**
     * Reads until the end.
     *
     * @param prepared in a transaction that sees what the stream does not bring, and no more; null where there is none
     * @return false if it stopped before the end
     */
    boolean read(@Nullable Connection prepared, @Nullable String filter, BooleanSupplier stopped)
            throws SQLException, InterruptedException {
        Connection connection = prepared == null ? chunks.connection() : prepared;
        if (prepared == null) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        }
        Chunk chunk = chunks.open();
        try {
            long low = chunks.low(chunk);
            Described present = chunks.describe();
            RowReader reader = new RowReader(present.table());
            int index = 0;
            try (PreparedStatement statement = reader.all(connection, filter);
                    ResultSet cursor = statement.executeQuery()) {
                Instant readAt = Instant.now();
                while (!stopped.getAsBoolean()) {
                    ReadBatch rows = chunks.begin(present, low, index, readAt);
                    reader.next(cursor, chunkRows, rows);
                    if (rows.size() == 0) {
                        return true;
                    }
                    chunk.fill(rows);
                    Chunk.Outcome outcome = chunks.finish(chunk);
                    if (outcome.overrun()) {
                        throw new IllegalStateException("The table got a key while it was read without one, and many"
                                + " changes: its rows are read from the beginning");
                    }
                    index += rows.size();
                    if (!progress.chunk(rows.size(), outcome.sent().rows(), null)) {
                        return false;
                    }
                    if (outcome.truncated()) {
                        return true;
                    }
                    chunks.close(chunk);
                    pace.await(stopped);
                    chunk = chunks.open();
                }
                return false;
            }
        } finally {
            chunks.close(chunk);
            connection.rollback();
        }
    }
}
