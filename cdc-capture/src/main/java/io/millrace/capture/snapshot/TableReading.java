package io.millrace.capture.snapshot;

import io.millrace.capture.publish.Published;
import io.millrace.capture.publish.RowShape;
import io.millrace.capture.publish.TableTopic;
import io.millrace.capture.value.JsonBytes;
import io.millrace.capture.value.PgTypes;
import io.millrace.capture.value.ValueEncoder;
import io.millrace.capture.value.ValueEncoders;
import io.millrace.capture.wal.Tuple;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.catalog.preflight.SourceTables;
import io.millrace.event.RowKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** One reading of a table's rows, chunk by chunk, from where the last one stopped. Used by the snapshot thread. */
final class TableReading implements AutoCloseable {

    private static final int KEYS_AT_A_TIME = 500;

    private final CapturedTable table;
    private final TableTopic topic;
    private final TableSnapshot snapshot;
    private final PipelineCatalog catalog;
    private final int chunkRows;
    private final LongPredicate cancelled;
    private final Window window;
    private final Connection connection;
    private final Connection watermarks;
    private final PgTypes types = new PgTypes();
    private final String run = UUID.randomUUID().toString();
    private int chunks;
    private long rowsDone;
    private @Nullable SourceTable described;
    private @Nullable Published published;

    /** Tells the stream which chunk of a table is open; null for none. */
    @FunctionalInterface
    interface Window {
        void set(long table, @Nullable Chunk chunk);
    }

    TableReading(
            Source source,
            CapturedTable table,
            TableTopic topic,
            TableSnapshot snapshot,
            PipelineCatalog catalog,
            int chunkRows,
            LongPredicate cancelled,
            Window window)
            throws SQLException {
        this.table = table;
        this.topic = topic;
        this.snapshot = snapshot;
        this.catalog = catalog;
        this.chunkRows = chunkRows;
        this.cancelled = cancelled;
        this.window = window;
        this.connection = SourceConnection.openText(source, "millrace-snapshot", ValueEncoder.SESSION);
        this.watermarks = SourceConnection.open(source, "millrace-snapshot");
        this.rowsDone = snapshot.rowsDone();
    }

    /** Reads until the end, and returns how many rows Kafka has. */
    long read(LongConsumer counter) throws SQLException, InterruptedException {
        SourceTable first = describe();
        catalog.snapshotProgress(
                snapshot.id(), rowsDone, first.estimatedRows() < 0 ? null : first.estimatedRows(), null);
        if (first.hasKey()) {
            List<Tuple> highest = new RowReader(first).highest(connection);
            if (!highest.isEmpty()) {
                keyed(key(published(first).shape(), highest.get(0)), counter);
            }
        } else {
            keyless(first, counter);
        }
        return rowsDone;
    }

    private void keyed(RowKey end, LongConsumer counter) throws SQLException, InterruptedException {
        RowKey last = snapshot.lastKey() == null ? null : new RowKey(snapshot.lastKey());
        Set<String> again = new LinkedHashSet<>();
        boolean more = true;
        while (more && !cancelled.test(table.id())) {
            RowKey behind = last;
            Read read = chunk(reader -> reader.behind(connection, behind, end, chunkRows), counter, again);
            if (read.last() != null) {
                last = read.last();
                catalog.snapshotProgress(snapshot.id(), rowsDone, null, last.json());
            }
            more = read.last() != null;
        }
        while (!again.isEmpty() && !cancelled.test(table.id())) {
            List<String> keys = again.stream().limit(KEYS_AT_A_TIME).toList();
            keys.forEach(again::remove);
            List<RowKey> rows = keys.stream().map(RowKey::new).toList();
            chunk(reader -> reader.at(connection, rows), counter, again);
            catalog.snapshotProgress(snapshot.id(), rowsDone, null, null);
        }
    }

    /** How the rows of a chunk are read. */
    @FunctionalInterface
    private interface Select {
        List<Tuple> read(RowReader reader) throws SQLException;
    }

    private record Read(@Nullable RowKey last, boolean truncated) {}

    private Read chunk(Select select, LongConsumer counter, Set<String> again)
            throws SQLException, InterruptedException {
        Chunk chunk = open();
        try {
            long low = Watermarks.low(watermarks, chunk.id());
            Watermarks.awaitWriters(watermarks, table.table().quoted());
            SourceTable present = describe();
            Published as = published(present);
            List<Tuple> rows = select.read(new RowReader(present));
            chunk.fill(new Chunk.Content(as, low, 0, rows, Instant.now()));
            Chunk.Outcome outcome = finish(chunk);
            again.addAll(outcome.again());
            counter.accept(outcome.published());
            rowsDone += rows.size();
            return new Read(rows.isEmpty() ? null : key(as.shape(), rows.get(rows.size() - 1)), outcome.truncated());
        } finally {
            window.set(table.id(), null);
        }
    }

    /** Rows without a key cannot be found again, so one snapshot of the database is read from beginning to end. */
    private void keyless(SourceTable present, LongConsumer counter) throws SQLException, InterruptedException {
        rowsDone = 0;
        Chunk chunk = open();
        try {
            long low = Watermarks.low(watermarks, chunk.id());
            Watermarks.awaitWriters(watermarks, table.table().quoted());
            Published as = published(present);
            RowReader reader = new RowReader(present);
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            int index = 0;
            try (PreparedStatement statement = reader.all(connection);
                    ResultSet cursor = statement.executeQuery()) {
                Instant readAt = Instant.now();
                List<Tuple> rows = reader.next(cursor, chunkRows);
                while (!rows.isEmpty() && !cancelled.test(table.id())) {
                    chunk.fill(new Chunk.Content(as, low, index, rows, readAt));
                    Chunk.Outcome outcome = finish(chunk);
                    index += rows.size();
                    rowsDone += rows.size();
                    counter.accept(outcome.published());
                    catalog.snapshotProgress(snapshot.id(), rowsDone, null, null);
                    if (outcome.truncated()) {
                        return;
                    }
                    chunk = open();
                    rows = reader.next(cursor, chunkRows);
                }
            }
        } finally {
            window.set(table.id(), null);
            connection.rollback();
        }
    }

    private Chunk open() {
        Chunk chunk = new Chunk(run + "-" + chunks++);
        window.set(table.id(), chunk);
        return chunk;
    }

    /** Lets the stream publish the chunk, and waits until Kafka has it. */
    private Chunk.Outcome finish(Chunk chunk) throws SQLException, InterruptedException {
        Watermarks.high(watermarks, chunk.id());
        try {
            return chunk.outcome().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("The stream could not publish a chunk of " + table.table(), e.getCause());
        }
    }

    private SourceTable describe() throws SQLException {
        return new SourceTables()
                .find(connection, table.table())
                .orElseThrow(() -> new SQLException("The table does not exist any more", "42P01"));
    }

    /** A column that came or went since the last chunk makes a new version. */
    private Published published(SourceTable present) throws SQLException {
        Published known = published;
        if (known != null
                && described != null
                && described.columns().equals(present.columns())
                && described.keyColumns().equals(present.keyColumns())) {
            return known;
        }
        types.load(connection, present.columns().stream().map(Column::oid).toList());
        List<ValueEncoder> encoders = new ArrayList<>();
        present.columns().forEach(column -> encoders.add(ValueEncoders.of(types.of(column.oid()))));
        int version =
                catalog.recordSchema(table.id(), present.columns(), present.keyColumns(), present.identity(), null);
        RowShape shape =
                new RowShape(present.columns().stream().map(Column::name).toList(), encoders, present.keyColumns());
        described = present;
        published = Published.of(topic, shape, version);
        return published;
    }

    private static RowKey key(RowShape shape, Tuple row) {
        JsonBytes text = new JsonBytes();
        shape.key(row, null, text);
        return new RowKey(text.toString());
    }

    @Override
    public void close() throws SQLException {
        try (connection) {
            watermarks.close();
        }
    }
}
