package io.millrace.capture.offset;

import io.millrace.capture.publish.Acknowledgements;
import io.millrace.capture.publish.Batch;
import io.millrace.capture.publish.Batch.Progress;
import io.millrace.capture.publish.Batch.Urgency;
import io.millrace.capture.slot.SourceLease;
import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.Offsets;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * Stores how far capture of a source is, once Kafka has it, and then lets the slot be told (P5). One thread of its own, so that
 * publishing never waits for the platform database; while that does not answer, the slot just stands still.
 */
public final class OffsetKeeper implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(OffsetKeeper.class);
    private static final long RETRY_MILLIS = 1000;

    private final Acknowledgements acknowledgements;
    private final Offsets offsets;
    private final CaptureOffset start;
    private final SourceLease lease;
    private final LongConsumer stored;
    private final Thread thread;
    private volatile boolean closed;
    private volatile boolean idle = true;
    private volatile @Nullable Progress latest;

    /**
     * @param start what the platform database holds
     * @param lease without it nothing is stored, and nobody is told that Kafka has something
     * @param stored told the end LSN after it was stored, on this keeper's thread
     */
    public OffsetKeeper(
            Acknowledgements acknowledgements,
            Offsets offsets,
            CaptureOffset start,
            SourceLease lease,
            LongConsumer stored) {
        this.acknowledgements = acknowledgements;
        this.offsets = offsets;
        this.start = start;
        this.lease = lease;
        this.stored = stored;
        this.thread = new Thread(this::run, "capture-" + start.source() + "-offset");
    }

    /** Starts the thread. */
    public void start() {
        thread.start();
    }

    /** Returns the last progress that was stored; null before the first. */
    public @Nullable Progress latest() {
        return latest;
    }

    /** Returns whether everything that was acknowledged is also stored. */
    public boolean isIdle() {
        return idle && acknowledgements.isDrained();
    }

    private void run() {
        Progress pending = null;
        long lastStore = System.nanoTime() - TimeUnit.SECONDS.toNanos(1);
        try {
            while (!closed && lease.isHeld()) {
                acknowledgements.await(pending == null ? 100 : waitMillis(pending, lastStore));
                for (Batch batch = acknowledgements.takeComplete();
                        batch != null;
                        batch = acknowledgements.takeComplete()) {
                    idle = false;
                    if (!lease.isHeld()) {
                        return;
                    }
                    if (batch.whenAcknowledged() != null) {
                        batch.whenAcknowledged().run();
                    }
                    if (batch.progress() != null) {
                        pending = merge(pending, batch.progress());
                    }
                }
                if (pending != null && waitMillis(pending, lastStore) <= 0 && store(pending)) {
                    lastStore = System.nanoTime();
                    pending = null;
                }
                idle = pending == null;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Progress merge(@Nullable Progress older, Progress newer) {
        Urgency urgency =
                older == null || newer.urgency().compareTo(older.urgency()) > 0 ? newer.urgency() : older.urgency();
        return new Progress(newer.position(), newer.endLsn(), newer.committedAt(), newer.events(), urgency);
    }

    /**
     * Under load a store every 100 ms is enough: it saves the platform database work, and a restart sends again what came after. When
     * nothing of ours happens, the WAL that the store itself writes may come back as progress, hence the second.
     */
    private static long waitMillis(Progress pending, long lastStore) {
        long interval =
                switch (pending.urgency()) {
                    case PROMPT -> 10;
                    case STREAMING -> 100;
                    case LAZY -> 1000;
                };
        return interval - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastStore);
    }

    private boolean store(Progress progress) throws InterruptedException {
        try {
            CaptureOffset offset = new CaptureOffset(
                    start.source(),
                    start.epoch(),
                    progress.position(),
                    progress.endLsn(),
                    progress.committedAt(),
                    start.systemIdentifier(),
                    start.timeline(),
                    progress.events(),
                    Instant.now());
            if (!offsets.store(offset, lease.generation())) {
                LOG.warn("Another process has taken over {}; nothing more is stored here", start.source());
                closed = true;
                return false;
            }
            latest = progress;
            stored.accept(progress.endLsn());
            return true;
        } catch (DataAccessException e) {
            LOG.warn(
                    "The platform database does not take the offset of {}; the slot is not told until it does: {}",
                    start.source(),
                    e.getMessage());
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
            return false;
        }
    }

    /** Stops the thread; what is not stored yet will be published and skipped again. */
    @Override
    public void close() {
        closed = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
