package io.millrace.capture.snapshot;

import io.millrace.capture.publish.StreamListener;
import io.millrace.capture.publish.TableTopic;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.RowFilter;
import io.millrace.catalog.preflight.SourceConnection;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots of one run of a source: one table at a time, on a thread of its own, while the stream goes on; and single rows that are
 * read again, on another. Requests come from any thread; the stream is followed on the publishing thread.
 */
public final class Snapshots implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);
    private static final long RETRY_MILLIS = 1000;
    private static final long STOP_MILLIS = 5000;

    private final Source source;
    private final SnapshotContext context;
    private final SnapshotMetrics metrics;
    private final Rereading rereading;
    private final Windows windows;
    private final KeylessStart keyless;
    private final SnapshotEnds ends;
    private final LinkedBlockingQueue<Request> queue = new LinkedBlockingQueue<>();
    private final Set<Long> active = ConcurrentHashMap.newKeySet();
    private final Set<Long> cancelled = ConcurrentHashMap.newKeySet();
    private final Map<Long, Connection> prepared = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile @Nullable ChunkReading reading;
    private volatile @Nullable Connection view;
    private volatile boolean stopped;

    public Snapshots(Source source, SnapshotContext context) {
        this.source = source;
        this.context = context;
        this.metrics = new SnapshotMetrics(context.meters());
        this.rereading = new Rereading(source, context, metrics);
        this.windows = new Windows(context.rereads(), rereading::wake);
        this.keyless = new KeylessStart(source);
        this.ends = new SnapshotEnds(context);
        this.thread = new Thread(this::run, "capture-" + source.name() + "-snapshot");
        thread.start();
        rereading.start(windows);
    }

    private record Request(CapturedTable table, TableTopic topic, TableSnapshot snapshot) {}

    /** Returns what must follow the stream. */
    public StreamListener listener() {
        return windows;
    }

    /** Says that a table is about to be published for the first time. Where its topic is empty, so are its sinks. */
    public void takeUp(CapturedTable table) {
        ends.takeUp(table);
    }

    /**
     * Publishes a table without a key such that its first snapshot and the stream share no row and lack none.
     *
     * @param connection in auto-commit mode, of a user who may alter the publication
     * @return false if writers did not let the table be locked for a moment: then nothing was published
     */
    public boolean publishKeyless(Connection connection, CapturedTable table, String alterPublication)
            throws SQLException {
        Optional<Connection> reading = keyless.publish(connection, table.table(), alterPublication);
        if (reading.isEmpty()) {
            return false;
        }
        Connection older = prepared.put(table.id(), reading.get());
        if (older != null) {
            older.close();
        }
        return true;
    }

    /** Makes a captured table known, so that single rows of it can be read. */
    public void know(CapturedTable table, TableTopic topic) {
        rereading.know(table, topic);
    }

    /** Asks for the rows of a table; does nothing where they are being read already. Ends a snapshot whose sinks are searched. */
    public void request(CapturedTable table, TableTopic topic, TableSnapshot snapshot) {
        if (active.contains(table.id())) {
            return;
        }
        if (table.state() == TableState.STREAMING) {
            context.catalog().tableState(table.id(), TableState.SNAPSHOTTING, null);
        }
        if (snapshot.allRead()) {
            ends.finish(table, snapshot);
        } else if (active.add(table.id())) {
            cancelled.remove(table.id());
            queue.add(new Request(table, topic, snapshot));
        }
    }

    /** Returns whether a snapshot of the table waits or runs here. */
    public boolean isActive(long table) {
        return active.contains(table);
    }

    /** Says what becomes of a table in SNAPSHOTTING without an open snapshot: all is read, or a person stopped it. */
    public void settle(CapturedTable table) {
        ends.settle(table);
    }

    /** Ends a snapshot of a table that is taken out or has failed, if there is one, at its next chunk; answers nothing of it any more. */
    public void cancel(long table) {
        cancelled.add(table);
        rereading.forget(table);
        metrics.forget(table);
    }

    private void run() {
        try {
            while (!stopped) {
                Request request = queue.poll(100, TimeUnit.MILLISECONDS);
                if (request != null) {
                    survive(request);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whatever happens to one snapshot, the thread lives: there is no other, and nobody would notice. */
    private void survive(Request request) throws InterruptedException {
        try {
            snapshot(request);
        } catch (RuntimeException | Error e) {
            LOG.error(
                    "What became of the snapshot of {} could not be noted; it is tried again in a second",
                    request.table().table(),
                    e);
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        }
    }

    private void snapshot(Request request) throws InterruptedException {
        CapturedTable table = request.table();
        SnapshotMetrics.Of meters = metrics.of(table);
        long begun = System.nanoTime();
        meters.running(true);
        // of no further use after one reading
        try (Connection reading = prepared.remove(table.id());
                ChunkReading chunks = new ChunkReading(source, table, request.topic(), context.catalog(), windows)) {
            this.reading = chunks;
            view = reading;
            TableSnapshot open = context.runs().find(request.snapshot().id()).orElse(null);
            // it may have ended between the look at the catalog and the request
            if (open != null && isToRun(open)) {
                long rows = new SnapshotReading(context, source, table, chunks, meters)
                        .read(open, reading, () -> isStopped(table.id()));
                LOG.info(
                        "Snapshot {} of {} {} after {} ms",
                        open.id(),
                        table.table(),
                        rows < 0 ? "stopped" : "read " + rows + " rows, all,",
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
                if (rows >= 0) {
                    ends.finish(table, open);
                }
            }
        } catch (RowFilter.Refused e) {
            ends.fail(table, request.snapshot(), String.valueOf(e.getMessage()));
        } catch (SQLException e) {
            if (ReadingFailure.isFinal(request.snapshot().filter(), e)) {
                ends.fail(
                        table,
                        request.snapshot(),
                        ReadingFailure.message(table.table(), request.snapshot().filter(), e));
            } else {
                rest(request, ReadingFailure.said(request.snapshot().filter(), e), null);
            }
        } catch (RuntimeException e) {
            rest(request, String.valueOf(e.getMessage()), e);
        } finally {
            this.reading = null;
            view = null;
            meters.running(false);
            active.remove(table.id());
        }
    }

    private static boolean isToRun(TableSnapshot snapshot) {
        return snapshot.state() == SnapshotState.REQUESTED || snapshot.state() == SnapshotState.RUNNING;
    }

    /** The catalog knows the last key that Kafka has; the next look at it asks again. */
    private void rest(Request request, String why, @Nullable RuntimeException e) throws InterruptedException {
        if (!stopped) {
            LOG.warn(
                    "The snapshot of {} stopped and goes on in a second: {}",
                    request.table().table(),
                    why,
                    e);
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        }
    }

    private boolean isStopped(long table) {
        return stopped || cancelled.contains(table);
    }

    /** Ends the threads; open snapshots go on behind their last key in the next run. */
    public void stop() {
        stopped = true;
        rereading.stop();
        end(thread, this::cut);
    }

    private void cut() {
        ChunkReading open = reading;
        if (open != null) {
            open.abandon();
        }
        Connection reads = view;
        if (reads != null) {
            SourceConnection.cutOff(reads);
        }
    }

    /** Ends a thread; one that waits for the source's answer is cut off from it. */
    static void end(Thread thread, Runnable cut) {
        thread.interrupt();
        try {
            thread.join(STOP_MILLIS);
            if (thread.isAlive()) {
                cut.run();
                thread.join(STOP_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws SQLException {
        stop();
        metrics.close();
        for (Connection connection : prepared.values()) {
            connection.close();
        }
    }
}
