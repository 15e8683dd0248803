package io.millrace.capture.engine;

import io.micrometer.core.instrument.Counter;
import io.millrace.capture.publish.PublishedMarks;
import io.millrace.capture.publish.TableTopic;
import io.millrace.capture.publish.TopicAdmin;
import io.millrace.capture.slot.SlotBusyException;
import io.millrace.capture.slot.SlotGate;
import io.millrace.capture.slot.SourceLock;
import io.millrace.capture.slot.SourceRefusedException;
import io.millrace.capture.snapshot.SnapshotContext;
import io.millrace.capture.snapshot.Snapshots;
import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceState;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.event.SourcePosition;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Captures one source for as long as it is registered: takes its lock, opens it, watches it, and begins again when it fails. */
final class SourceRunner implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(SourceRunner.class);
    private static final Duration STANDBY = Duration.ofSeconds(1);
    private static final Duration REFUSED = Duration.ofSeconds(2);
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(500);
    private static final Duration HEALTHY = Duration.ofSeconds(30);
    private static final Duration LOCK_CHECK = Duration.ofSeconds(2);

    private final String name;
    private final DataSource platform;
    private final PipelineCatalog catalog;
    private final Offsets offsets;
    private final SlotGate gate;
    private final TopicAdmin topics;
    private final Map<String, Object> producer;
    private final CaptureProperties properties;
    private final CaptureStatus status;
    private final SnapshotContext snapshotContext;

    private volatile boolean stopped;
    private volatile boolean abandoned;
    private Duration backoff = FIRST_BACKOFF;

    SourceRunner(
            String name,
            DataSource platform,
            PipelineCatalog catalog,
            Offsets offsets,
            TopicAdmin topics,
            Map<String, Object> producer,
            CaptureProperties properties,
            CaptureStatus status,
            SnapshotContext snapshots) {
        this.name = name;
        this.platform = platform;
        this.catalog = catalog;
        this.offsets = offsets;
        this.gate = new SlotGate(catalog, offsets);
        this.topics = topics;
        this.producer = producer;
        this.properties = properties;
        this.status = status;
        this.snapshotContext = snapshots;
    }

    @Override
    public void run() {
        while (!stopped) {
            try (SourceLock lock = SourceLock.tryAcquire(platform, name)) {
                if (lock == null) {
                    status.standby(name);
                    pause(STANDBY);
                } else {
                    attempt(lock);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (SQLException | RuntimeException e) {
                LOG.warn("The platform database does not answer; {} waits for it: {}", name, e.getMessage());
                status.waiting(name, "The platform database does not answer: " + e.getMessage());
                try {
                    pauseAfterFailure();
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }

    /** One attempt to capture; returns when it is time for the next. */
    private void attempt(SourceLock lock) throws InterruptedException {
        Source source = catalog.source(name).orElse(null);
        if (source == null || source.state() == SourceState.PAUSED) {
            pause(STANDBY);
            return;
        }
        long begun = System.nanoTime();
        try {
            capture(source, lock);
        } catch (SourceRefusedException e) {
            say(source, SourceState.FAILED, text(e));
            pause(REFUSED);
        } catch (SlotBusyException e) {
            say(source, SourceState.WAITING, text(e));
            pauseAfterFailure();
        } catch (SQLException e) {
            say(source, SourceState.WAITING, SourceConnection.refused(source, e).text());
            pauseAfterFailure();
        } catch (CaptureFailedException e) {
            if (System.nanoTime() - begun > HEALTHY.toNanos()) {
                backoff = FIRST_BACKOFF;
            }
            LOG.warn("Capture of {} stopped; it starts again in {}", name, backoff, e.getCause());
            say(source, e.isFinal() ? SourceState.FAILED : SourceState.WAITING, text(e));
            pauseAfterFailure();
        } catch (RuntimeException e) {
            LOG.warn("Capture of {} could not start; it is tried again in {}", name, backoff, e);
            say(source, SourceState.WAITING, text(e));
            pauseAfterFailure();
        }
    }

    private void capture(Source source, SourceLock lock)
            throws SQLException, SourceRefusedException, SlotBusyException, CaptureFailedException,
                    InterruptedException {
        try (Connection connection = SourceConnection.open(source, "millrace-capture");
                Snapshots snapshots = new Snapshots(source, snapshotContext)) {
            CaptureOffset start = gate.open(connection, source);
            CapturedTables tables = new CapturedTables(source, catalog);
            TableLifecycle lifecycle = new TableLifecycle(source, start, catalog, topics, tables, snapshots, status);
            open(tables, source, start);
            lifecycle.restore(connection);
            try (SourceRun run = new SourceRun(
                    source, start, tables, snapshots.listener(), offsets, producer, properties.compression())) {
                run.start();
                LOG.info("Capturing {} from {}", source, io.millrace.event.Lsn.format(start.endLsn()));
                watch(source, lock, connection, lifecycle, run);
                snapshots.stop();
                if (!abandoned) {
                    run.drain(properties.drainTimeout());
                }
            }
        }
    }

    /** Learns from the ends of the topics what they hold already. */
    private void open(CapturedTables tables, Source source, CaptureOffset start) throws InterruptedException {
        List<CapturedTable> captured = catalog.tables().stream()
                .filter(table -> table.source().equals(name))
                .filter(table -> table.state() != TableState.PENDING && table.state() != TableState.REMOVING)
                .toList();
        Map<String, Integer> partitions = new HashMap<>();
        for (CapturedTable table : captured) {
            partitions.put(table.topic(), topics.ensure(table.topic()));
        }
        Map<String, List<@Nullable SourcePosition>> tails = topics.tails(partitions);
        for (CapturedTable table : captured) {
            tables.put(topic(
                    source, start, table, Objects.requireNonNull(tails.get(table.topic())), status.published(table)));
        }
    }

    /** What is stored as published is so in every partition, even where a partition's end says less, or was removed by retention. */
    static TableTopic topic(
            Source source,
            CaptureOffset start,
            CapturedTable table,
            List<@Nullable SourcePosition> tails,
            Counter published) {
        List<@Nullable SourcePosition> marks = new ArrayList<>(tails);
        marks.replaceAll(tail -> later(tail, start.position()));
        return new TableTopic(
                table.id(),
                table.table(),
                table.topic(),
                table.keyColumns(),
                new PublishedMarks(source.epoch(), marks),
                published);
    }

    private static @Nullable SourcePosition later(@Nullable SourcePosition a, @Nullable SourcePosition b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return a.compareTo(b) >= 0 ? a : b;
    }

    private void watch(Source source, SourceLock lock, Connection connection, TableLifecycle lifecycle, SourceRun run)
            throws SQLException, CaptureFailedException, InterruptedException {
        long heartbeatAt = System.nanoTime() + properties.heartbeatInterval().toNanos();
        long lockAt = System.nanoTime() + LOCK_CHECK.toNanos();
        boolean said = false;
        while (!stopped) {
            Throwable failure = run.failure();
            if (failure != null) {
                throw new CaptureFailedException(failure);
            }
            if (!said && run.isStreaming()) {
                say(source, SourceState.STREAMING, null);
                said = true;
            }
            lifecycle.reconcile(connection, run.publisher());
            long now = System.nanoTime();
            if (now - heartbeatAt >= 0) {
                Heartbeat.send(connection);
                heartbeatAt = now + properties.heartbeatInterval().toNanos();
            }
            if (now - lockAt >= 0) {
                if (!lock.isHeld()) {
                    throw new CaptureFailedException(
                            new IllegalStateException("The lock in the platform database was lost"));
                }
                status.measure(source, connection, run.keeper().latest());
                Source present = catalog.source(name).orElse(null);
                if (present == null || !sameConnection(present, source) || present.state() == SourceState.PAUSED) {
                    return;
                }
                lockAt = now + LOCK_CHECK.toNanos();
            }
            pause(properties.reconcileInterval());
        }
    }

    private static boolean sameConnection(Source a, Source b) {
        return a.jdbcUrl().equals(b.jdbcUrl())
                && a.username().equals(b.username())
                && a.password().equals(b.password())
                && a.epoch() == b.epoch();
    }

    private void say(Source source, SourceState state, @Nullable String message) {
        boolean news = status.state(name, state, message);
        if (news && state != SourceState.STREAMING) {
            LOG.warn("{} is {}: {}", name, state, message);
        }
        Source present = catalog.source(name).orElse(source);
        if (present.state() != state || !Objects.equals(present.message(), message)) {
            catalog.sourceState(name, state, message);
        }
    }

    private static String text(Throwable e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    private void pauseAfterFailure() throws InterruptedException {
        pause(backoff);
        Duration doubled = backoff.multipliedBy(2);
        backoff = doubled.compareTo(properties.maxBackoff()) > 0 ? properties.maxBackoff() : doubled;
    }

    private void pause(Duration time) throws InterruptedException {
        long until = System.nanoTime() + time.toNanos();
        while (!stopped && System.nanoTime() - until < 0) {
            TimeUnit.MILLISECONDS.sleep(Math.min(50, Math.max(1, time.toMillis())));
        }
    }

    /** Ends the run at the next opportunity, after what was read is safe. */
    void stop() {
        stopped = true;
    }

    /** Ends the run as a killed process would: nothing is waited for. */
    void abandon() {
        abandoned = true;
        stopped = true;
    }

    /** Why a run ended by itself. */
    static final class CaptureFailedException extends Exception {

        CaptureFailedException(Throwable cause) {
            super(text(cause), cause);
        }

        /** Waiting does not make a row smaller. */
        boolean isFinal() {
            for (Throwable cause = getCause(); cause != null; cause = cause.getCause()) {
                if (cause instanceof RecordTooLargeException) {
                    return true;
                }
            }
            return false;
        }
    }
}
