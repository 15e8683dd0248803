package io.millrace.capture.snapshot;

import io.millrace.capture.publish.ReadBatch;
import io.millrace.capture.publish.ReadEncoder;
import io.millrace.capture.publish.TableTopic;
import io.millrace.capture.snapshot.TableDescription.Described;
import io.millrace.capture.value.ValueEncoder;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.SourceConnection;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads chunks of one table between watermarks and has the stream publish them. Used by one thread. */
final class ChunkReading implements AutoCloseable {

    /** Nothing that is read may have a side effect, a person's filter included. */
    static final String SESSION = ValueEncoder.SESSION + " -c default_transaction_read_only=on"
            // the server lets go of what a lost connection holds within some minutes, not hours
            + " -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10";

    private static final Logger LOG = LoggerFactory.getLogger(ChunkReading.class);
    private static final String APPLICATION = "millrace-snapshot";

    private final CapturedTable table;
    private final Windows windows;
    private final ReadEncoder encoder;
    private final Connection connection;
    private final Connection watermarks;
    private final TableDescription description;
    private final String run = UUID.randomUUID().toString();
    private int chunks;

    ChunkReading(Source source, CapturedTable table, TableTopic topic, PipelineCatalog catalog, Windows windows)
            throws SQLException {
        this.table = table;
        this.windows = windows;
        this.encoder = new ReadEncoder(source.name(), source.database(), source.epoch());
        this.description = new TableDescription(table, topic, catalog);
        this.connection = open(source);
        try {
            this.watermarks = SourceConnection.openForMarks(source, APPLICATION);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** Opens a connection that reads values as the stream brings them, and can do nothing else. */
    static Connection open(Source source) throws SQLException {
        return SourceConnection.openText(source, APPLICATION, SESSION);
    }

    /** How the rows of a chunk are read; called once more where the chunk is read anew. */
    @FunctionalInterface
    interface Select {
        void read(Described table, ReadBatch into) throws SQLException;
    }

    /** What was read, and what Kafka has of it. */
    record Read(ReadBatch rows, Chunk.Outcome outcome) {}

    Connection connection() {
        return connection;
    }

    Described describe() throws SQLException {
        return description.describe(connection);
    }

    /** Reads one chunk, and returns when Kafka has it. Reads it anew where the stream touched more rows meanwhile than can be told apart. */
    Read read(Select select) throws SQLException, InterruptedException {
        Read read = once(select);
        while (read.outcome().overrun()) {
            LOG.info(
                    "More rows of {} changed while a chunk was read than are kept in mind; it is read anew",
                    table.table());
            read = once(select);
        }
        return read;
    }

    private Read once(Select select) throws SQLException, InterruptedException {
        Chunk chunk = open();
        try {
            long low = low(chunk);
            Described present = describe();
            ReadBatch rows = begin(present, low, 0, Instant.now());
            select.read(present, rows);
            chunk.fill(rows);
            return new Read(rows, finish(chunk));
        } finally {
            close(chunk);
        }
    }

    /** Returns an LSN below everything that is read from now on. */
    long mark() throws SQLException {
        return Watermarks.low(watermarks, run);
    }

    Chunk open() {
        Chunk chunk = new Chunk(run + "-" + chunks++);
        windows.open(table.id(), chunk);
        return chunk;
    }

    void close(Chunk chunk) {
        windows.close(table.id(), chunk);
    }

    /** Writes the low watermark; when this returns, a read sees every change that has a lower LSN. */
    long low(Chunk chunk) throws SQLException, InterruptedException {
        long low = Watermarks.low(watermarks, chunk.id());
        Watermarks.awaitWriters(watermarks, table.table().quoted());
        return low;
    }

    ReadBatch begin(Described present, long low, int firstIndex, Instant readAt) {
        return encoder.begin(present.published(), low, firstIndex, readAt);
    }

    /** Lets the stream publish the chunk, and waits until Kafka has it. */
    Chunk.Outcome finish(Chunk chunk) throws SQLException, InterruptedException {
        Watermarks.high(watermarks, chunk.id());
        try {
            return chunk.outcome().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("The stream could not publish a chunk of " + table.table(), e.getCause());
        }
    }

    /** Cuts the connections off, from any thread: whoever waits for an answer waits no longer. */
    void abandon() {
        SourceConnection.cutOff(connection);
        SourceConnection.cutOff(watermarks);
    }

    @Override
    public void close() throws SQLException {
        try (connection) {
            watermarks.close();
        }
    }
}
