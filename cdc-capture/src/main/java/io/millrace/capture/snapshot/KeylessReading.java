package io.millrace.capture.snapshot;

import io.millrace.capture.snapshot.TableDescription.Described;
import io.millrace.capture.wal.Tuple;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Rows without a key cannot be found again, so one snapshot of the database is read from beginning to end. */
final class KeylessReading {

    private final ChunkReading chunks;
    private final int chunkRows;
    private final BooleanSupplier cancelled;
    private final SnapshotProgress progress;

    KeylessReading(ChunkReading chunks, int chunkRows, BooleanSupplier cancelled, SnapshotProgress progress) {
        this.chunks = chunks;
        this.chunkRows = chunkRows;
        this.cancelled = cancelled;
        this.progress = progress;
    }

    void read() throws SQLException, InterruptedException {
        progress.restart();
        Connection connection = chunks.connection();
        Chunk chunk = chunks.open();
        try {
            long low = chunks.low(chunk);
            Described present = chunks.describe();
            RowReader reader = new RowReader(present.table());
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            int index = 0;
            try (PreparedStatement statement = reader.all(connection);
                    ResultSet cursor = statement.executeQuery()) {
                Instant readAt = Instant.now();
                List<Tuple> rows = reader.next(cursor, chunkRows);
                while (!rows.isEmpty() && !cancelled.getAsBoolean()) {
                    chunk.fill(new Chunk.Content(present.published(), low, index, rows, readAt));
                    Chunk.Outcome outcome = chunks.finish(chunk);
                    index += rows.size();
                    progress.chunk(rows.size(), outcome.published(), null);
                    if (outcome.truncated()) {
                        return;
                    }
                    chunks.close(chunk);
                    chunk = chunks.open();
                    rows = reader.next(cursor, chunkRows);
                }
            }
        } finally {
            chunks.close(chunk);
            connection.rollback();
        }
    }
}
