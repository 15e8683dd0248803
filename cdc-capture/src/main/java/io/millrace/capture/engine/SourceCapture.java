package io.millrace.capture.engine;

import io.millrace.capture.slot.Cluster;
import io.millrace.capture.slot.SlotGate;
import io.millrace.capture.slot.SourceLease;
import io.millrace.capture.slot.SourceNotReadyException;
import io.millrace.capture.slot.SourceRefusedException;
import io.millrace.capture.snapshot.Snapshots;
import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceState;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.catalog.preflight.SourceLocks;
import io.millrace.event.Lsn;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One capture of a source by the process that holds its lease, from its opening until it fails, changes or is stopped. */
final class SourceCapture {

    private static final Logger LOG = LoggerFactory.getLogger(SourceCapture.class);
    private static final Duration CHECK = Duration.ofSeconds(2);
    private static final Duration LOCK = Duration.ofMillis(500);

    private final CaptureContext context;
    private final Source source;
    private final SourceLease lease;
    private final SourceReport report;
    private final Stopping stopping;

    SourceCapture(CaptureContext context, Source source, SourceLease lease, SourceReport report, Stopping stopping) {
        this.context = context;
        this.source = source;
        this.lease = lease;
        this.report = report;
        this.stopping = stopping;
    }

    void run()
            throws SQLException, SourceRefusedException, SourceNotReadyException, CaptureFailedException,
                    InterruptedException {
        CaptureProperties properties = context.properties();
        try (Connection connection = SourceConnection.open(source, "millrace-capture");
                Snapshots snapshots = new Snapshots(source, context.snapshots())) {
            SourceConnection.limit(connection, properties.answerTimeout());
            SlotGate.Opening opening = new SlotGate(context.offsets(), context.gaps()).open(connection, source, lease);
            CaptureOffset start = opening.start();
            CapturedTables tables = new CapturedTables(source, context.catalog());
            PublishedTails tails = new PublishedTails(context, source, start);
            TableLifecycle lifecycle = new TableLifecycle(context, source, start, tails, tables, snapshots);
            Cluster cluster = Cluster.read(connection);
            tails.open(tables, cluster);
            holdNothingUp(connection);
            lifecycle.restore(connection, cluster, opening.isNew());
            try (SourceRun run = new SourceRun(context, source, lease, opening, tables, snapshots.listener())) {
                run.start();
                LOG.info("Capturing {} from {}", source, Lsn.format(start.endLsn()));
                try {
                    watch(connection, lifecycle, run);
                } catch (SQLException | SourceNotReadyException e) {
                    run.abandon();
                    throw e;
                }
                snapshots.stop();
                if (!stopping.abandoned()) {
                    run.drain(properties.drainTimeout());
                }
            }
        }
    }

    /** A new slot waits for every transaction that is open. From there on nobody may hold up who looks after all tables. */
    private static void holdNothingUp(Connection connection) throws SQLException {
        SourceLocks.timeout(connection, LOCK);
        try (Statement statement = connection.createStatement()) {
            // what a failover loses of it is found and made again
            statement.execute("SET synchronous_commit = local");
        }
    }

    private void watch(Connection connection, TableLifecycle lifecycle, SourceRun run)
            throws SQLException, SourceNotReadyException, CaptureFailedException, InterruptedException {
        CaptureProperties properties = context.properties();
        long heartbeatAt = System.nanoTime() + properties.heartbeatInterval().toNanos();
        long checkAt = System.nanoTime() + CHECK.toNanos();
        boolean said = false;
        int unread = 0;
        while (!stopping.requested()) {
            Throwable failure = run.failure();
            if (failure != null) {
                throw new CaptureFailedException(failure);
            }
            if (!said && run.isStreaming()) {
                context.gaps().vanished(source.name());
                report.say(source, SourceState.STREAMING, null);
                said = true;
            }
            lifecycle.reconcile(connection, run.publisher());
            long now = System.nanoTime();
            if (now - heartbeatAt >= 0) {
                // whoever rewrites the server's own catalogs holds them for a moment: the next turn does it
                SourceLocks.runUnlessHeld(() -> run.heartbeat().send(connection));
                heartbeatAt = now + properties.heartbeatInterval().toNanos();
            }
            if (now - checkAt >= 0) {
                unread = measure(connection, run) && run.isStreaming() ? unread + 1 : 0;
                if (unread > 2) {
                    throw new SourceNotReadyException("The source sends its changes to nobody any more, without a word:"
                            + " the connection for them was lost, and is made anew.");
                }
                if (!isWanted()) {
                    return;
                }
                checkAt = now + CHECK.toNanos();
            }
            stopping.pause(properties.reconcileInterval());
        }
    }

    /** Returns whether the slot is there, and nobody reads it. */
    private boolean measure(Connection connection, SourceRun run) throws SQLException {
        CaptureStatus status = context.status();
        return SourceLocks.queryUnlessHeld(
                        () -> status.measure(source, connection, run.keeper().latest()))
                .orElse(false);
    }

    /** Returns whether the source is still registered, reached in the same way, and not paused. */
    private boolean isWanted() {
        Source present = context.catalog().source(source.name()).orElse(null);
        return present != null
                && present.state() != SourceState.PAUSED
                && present.jdbcUrl().equals(source.jdbcUrl())
                && present.username().equals(source.username())
                && present.password().equals(source.password())
                && present.epoch() == source.epoch();
    }
}
