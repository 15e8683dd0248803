package io.millrace.capture.snapshot;

import io.millrace.capture.publish.StreamListener;
import io.millrace.capture.publish.TableTopic;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.event.RowKey;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.ObjLongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots of one run of a source: one table at a time, on a thread of its own, while the stream goes on. Requests come from any
 * thread; the stream is followed on the publishing thread.
 */
public final class Snapshots implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);
    private static final long RETRY_MILLIS = 1000;

    private final Source source;
    private final PipelineCatalog catalog;
    private final int chunkRows;
    private final ObjLongConsumer<CapturedTable> counter;
    private final LinkedBlockingQueue<Request> queue = new LinkedBlockingQueue<>();
    private final Set<Long> active = ConcurrentHashMap.newKeySet();
    private final Set<Long> cancelled = ConcurrentHashMap.newKeySet();
    private final Windows windows = new Windows();
    private final Thread thread;
    private volatile boolean stopped;

    /**
     * @param chunkRows most rows that are read at a time
     * @param counter told of rows that Kafka has
     */
    public Snapshots(Source source, PipelineCatalog catalog, int chunkRows, ObjLongConsumer<CapturedTable> counter) {
        this.source = source;
        this.catalog = catalog;
        this.chunkRows = chunkRows;
        this.counter = counter;
        this.thread = new Thread(this::run, "capture-" + source.name() + "-snapshot");
        thread.start();
    }

    private record Request(CapturedTable table, TableTopic topic, TableSnapshot snapshot) {}

    /** Returns what must follow the stream. */
    public StreamListener listener() {
        return windows;
    }

    /** Asks for the rows of a table; does nothing where they are being read already. */
    public void request(CapturedTable table, TableTopic topic, TableSnapshot snapshot) {
        if (active.add(table.id())) {
            cancelled.remove(table.id());
            if (table.state() == TableState.STREAMING) {
                catalog.tableState(table.id(), TableState.SNAPSHOTTING, null);
            }
            queue.add(new Request(table, topic, snapshot));
        }
    }

    /** Returns whether a snapshot of the table waits or runs. */
    public boolean isActive(long table) {
        return active.contains(table);
    }

    /** Ends a snapshot of the table, if there is one, at its next chunk. */
    public void cancel(long table) {
        cancelled.add(table);
    }

    private void run() {
        try {
            while (!stopped) {
                Request request = queue.poll(100, TimeUnit.MILLISECONDS);
                if (request != null) {
                    snapshot(request);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void snapshot(Request request) throws InterruptedException {
        CapturedTable table = request.table();
        Optional<TableSnapshot> open = catalog.snapshot(table.id())
                .filter(last -> last.state() == SnapshotState.REQUESTED || last.state() == SnapshotState.RUNNING);
        if (open.isEmpty()) {
            // it ended between the look at the catalog and the request
            active.remove(table.id());
            return;
        }
        long begun = System.nanoTime();
        SnapshotProgress progress = new SnapshotProgress(open.get(), catalog, count -> counter.accept(table, count));
        try (ChunkReading chunks = new ChunkReading(source, table, request.topic(), catalog, windows)) {
            read(chunks, open.get(), progress);
            SnapshotState state = cancelled.contains(table.id()) ? SnapshotState.CANCELLED : SnapshotState.DONE;
            catalog.snapshotEnded(request.snapshot().id(), state, null);
            LOG.info(
                    "Snapshot of {} {}: {} rows in {} ms",
                    table.table(),
                    state,
                    progress.rowsDone(),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
            active.remove(table.id());
        } catch (SQLException e) {
            if (isFinal(e)) {
                fail(request, "The rows of " + table.table() + " cannot be read: " + e.getMessage());
            } else {
                again(request, e);
            }
        } catch (RuntimeException e) {
            again(request, e);
        }
    }

    private void read(ChunkReading chunks, TableSnapshot snapshot, SnapshotProgress progress)
            throws SQLException, InterruptedException {
        SourceTable table = chunks.describe().table();
        progress.begin(table.estimatedRows() < 0 ? null : table.estimatedRows());
        BooleanSupplier ended = () -> isCancelled(snapshot.tableId());
        if (table.hasKey()) {
            String last = snapshot.lastKey();
            new KeyedReading(chunks, chunkRows, ended, progress).read(last == null ? null : new RowKey(last));
        } else {
            new KeylessReading(chunks, chunkRows, ended, progress).read();
        }
    }

    /** A missing table, column or privilege does not come back by waiting; a lost connection does. */
    private static boolean isFinal(SQLException e) {
        String state = e.getSQLState();
        return state != null && state.startsWith("42");
    }

    private void fail(Request request, String message) {
        LOG.warn("{}", message);
        catalog.snapshotEnded(request.snapshot().id(), SnapshotState.FAILED, message);
        catalog.tableState(
                request.table().id(),
                TableState.FAILED,
                message + " Mend that, then remove the table here and register it again.");
        active.remove(request.table().id());
    }

    private void again(Request request, Exception e) throws InterruptedException {
        if (stopped) {
            return;
        }
        LOG.warn(
                "The snapshot of {} stopped and goes on in a second",
                request.table().table(),
                e);
        TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        // the catalog knows the last key that Kafka has; the next look at it asks again
        active.remove(request.table().id());
    }

    private boolean isCancelled(long table) {
        return stopped || cancelled.contains(table);
    }

    /** Ends the thread; open snapshots go on behind their last key in the next run. */
    public void stop() {
        stopped = true;
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
    }
}
