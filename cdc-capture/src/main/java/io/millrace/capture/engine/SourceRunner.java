package io.millrace.capture.engine;

import io.millrace.capture.publish.Batch.Progress;
import io.millrace.capture.publish.Batch.Urgency;
import io.millrace.capture.slot.SourceLease;
import io.millrace.capture.slot.SourceNotReadyException;
import io.millrace.capture.slot.SourceRefusedException;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceGap;
import io.millrace.catalog.SourceState;
import io.millrace.catalog.preflight.SourceConnection;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Captures one source for as long as it is registered: takes its lease, captures, and begins again when that fails. */
final class SourceRunner implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(SourceRunner.class);
    private static final Duration STANDBY = Duration.ofMillis(500);
    private static final Duration REFUSED = Duration.ofSeconds(2);
    private static final Duration HEALTHY = Duration.ofSeconds(30);
    private static final Duration MEASURED = Duration.ofSeconds(5);

    private final String name;
    private final CaptureContext context;
    private final Stopping stopping = new Stopping();
    private final Backoff backoff;
    private boolean rehearsed;
    private long measureAt = System.nanoTime();

    SourceRunner(String name, CaptureContext context) {
        this.name = name;
        this.context = context;
        this.backoff = new Backoff(context.properties().maxBackoff());
    }

    Stopping stopping() {
        return stopping;
    }

    @Override
    public void run() {
        try {
            while (!stopping.requested()) {
                turn();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One turn: stands by, or captures until it is time for the next. */
    private void turn() throws InterruptedException {
        try (SourceLease lease = SourceLease.tryAcquire(
                context.platform(), name, context.properties().leaseTimeout())) {
            if (lease == null) {
                context.status().standby(name);
                if (!rehearsed) {
                    rehearsed = true;
                    new Rehearsal(context).of(name);
                }
                stopping.pause(STANDBY);
            } else {
                attempt(lease);
            }
        } catch (SQLException | RuntimeException e) {
            LOG.warn("The platform database does not answer; {} waits for it: {}", name, e.getMessage());
            context.status().waiting(name, "The platform database does not answer: " + e.getMessage());
            stopping.pause(backoff.advance());
        }
    }

    private void attempt(SourceLease lease) throws InterruptedException {
        Source source = context.catalog().source(name).orElse(null);
        if (source == null) {
            stopping.pause(STANDBY);
            return;
        }
        if (source.state() == SourceState.PAUSED) {
            paused(source, lease);
            return;
        }
        SourceReport report = new SourceReport(context, lease);
        try {
            capture(source, lease, report);
        } catch (SourceRefusedException e) {
            refused(report, source, e.gap(), CaptureFailedException.text(e));
        } catch (SourceNotReadyException e) {
            waiting(report, source, CaptureFailedException.text(e));
        } catch (SQLException e) {
            waiting(report, source, SourceConnection.refused(source, e).text());
        } catch (CaptureFailedException e) {
            failed(report, source, e);
        } catch (RuntimeException e) {
            LOG.warn("Capture of {} could not start; it is tried again in {}", name, backoff.present(), e);
            waiting(report, source, CaptureFailedException.text(e));
        }
    }

    /** Keeps the lease, so that one process alone tells of the slot. */
    private void paused(Source source, SourceLease lease) throws InterruptedException {
        @Nullable Source present = source;
        while (present != null && present.state() == SourceState.PAUSED && lease.isHeld() && !stopping.requested()) {
            context.status().state(name, SourceState.PAUSED, present.message());
            measure(present);
            stopping.pause(STANDBY);
            present = context.catalog().source(name).orElse(null);
        }
    }

    /** The source keeps WAL for the slot whether anyone reads it or not, and then most of all. */
    private void measure(Source source) {
        if (System.nanoTime() - measureAt < 0) {
            return;
        }
        measureAt = System.nanoTime() + MEASURED.toNanos();
        try (Connection connection = SourceConnection.open(source, "millrace-capture")) {
            Progress progress = context.offsets()
                    .capture(name)
                    .map(offset -> new Progress(
                            offset.position(), offset.endLsn(), offset.committedAt(), offset.events(), Urgency.LAZY))
                    .orElse(null);
            context.status().measure(source, connection, progress);
        } catch (SQLException e) {
            LOG.debug("The slot of {} cannot be measured", name, e);
        }
    }

    private void capture(Source source, SourceLease lease, SourceReport report)
            throws SQLException, SourceRefusedException, SourceNotReadyException, CaptureFailedException,
                    InterruptedException {
        long begun = System.nanoTime();
        try {
            new SourceCapture(context, source, lease, report, stopping).run();
        } finally {
            if (System.nanoTime() - begun > HEALTHY.toNanos()) {
                backoff.reset();
            }
        }
    }

    private void failed(SourceReport report, Source source, CaptureFailedException e) throws InterruptedException {
        if (e.gap() != null || e.isFinal()) {
            refused(report, source, e.gap(), CaptureFailedException.text(e));
        } else if (e.getCause() instanceof LeaseLostException) {
            LOG.warn("{}; this process stands by", e.getMessage());
            context.status().standby(name);
        } else {
            LOG.warn("Capture of {} stopped; it starts again in {}", name, backoff.present(), e.getCause());
            waiting(report, source, CaptureFailedException.text(e));
        }
    }

    private void refused(SourceReport report, Source source, SourceGap.@Nullable Finding gap, String message)
            throws InterruptedException {
        if (gap == null) {
            report.say(source, SourceState.FAILED, message);
        } else {
            report.gap(source, gap);
        }
        measure(source);
        stopping.pause(REFUSED);
    }

    private void waiting(SourceReport report, Source source, String message) throws InterruptedException {
        report.say(source, SourceState.WAITING, message);
        measure(source);
        stopping.pause(backoff.advance());
    }
}
