package io.millrace.capture.engine;

import io.millrace.capture.offset.OffsetKeeper;
import io.millrace.capture.publish.RecordSender;
import io.millrace.capture.publish.StreamListener;
import io.millrace.capture.publish.StreamPublisher;
import io.millrace.capture.slot.SlotGate;
import io.millrace.capture.slot.SourceLease;
import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.Source;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Everything that one run of a source needs: engine, publisher, producer and offset keeper, opened and closed together. */
final class SourceRun implements AutoCloseable {

    private static final long DRAIN_STEP_MILLIS = 10;

    private final Source source;
    private final SourceLease lease;
    private final WalFeed feed;
    private final RecordSender sender;
    private final OffsetKeeper keeper;
    private final StreamPublisher publisher;
    private final ResumeGuard guard;
    private final EngineRun engine;
    private final CapturedTables tables;
    private final Heartbeat heartbeat;

    SourceRun(
            CaptureContext context,
            Source source,
            SourceLease lease,
            SlotGate.Opening opening,
            CapturedTables tables,
            StreamListener listener) {
        CaptureOffset start = opening.start();
        this.lease = lease;
        this.source = source;
        this.tables = tables;
        this.feed = new WalFeed(source, lease.reader());
        feed.stored(start.endLsn());
        this.sender = new RecordSender(
                context.producer(),
                "millrace-capture-" + source.name(),
                context.properties().compression());
        this.keeper = new OffsetKeeper(sender.acknowledgements(), context.offsets(), start, lease, feed::stored);
        this.heartbeat = new Heartbeat(context.status().heartbeat(source));
        this.publisher = new StreamPublisher(
                sender,
                tables,
                listener,
                heartbeat::seen,
                new StreamPublisher.StreamStart(
                        source.name(),
                        source.database(),
                        source.epoch(),
                        start.position(),
                        start.endLsn(),
                        start.committedAt(),
                        start.events()),
                version(),
                Clock.systemUTC());
        this.guard = new ResumeGuard(publisher, opening);
        this.engine = new EngineRun(
                feed, publisher, guard, this::refusal, context.properties().answerTimeout());
    }

    private static String version() {
        String version = SourceRun.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    void start() {
        keeper.start();
        engine.start();
    }

    StreamPublisher publisher() {
        return publisher;
    }

    OffsetKeeper keeper() {
        return keeper;
    }

    Heartbeat heartbeat() {
        return heartbeat;
    }

    /** Returns whether the server sends changes, and those that go on where capture stopped: not before then does anything flow. */
    boolean isStreaming() {
        return feed.isStreaming() && guard.isProven();
    }

    /** Returns why it cannot go on; null while it can. */
    @Nullable
    Throwable failure() {
        Exception refused = refusal();
        if (refused != null) {
            return refused;
        }
        if (!engine.hasEnded()) {
            return null;
        }
        Throwable cause = engine.cause();
        return cause == null ? new IllegalStateException("The engine ended by itself") : cause;
    }

    /** Returns why nothing more may be published. */
    private @Nullable Exception refusal() {
        return lease.isHeld() ? sender.acknowledgements().failure() : new LeaseLostException(source.name());
    }

    /** Reads no more, and waits until what was read is in Kafka, stored, and told to the slot. */
    void drain(Duration patience) throws InterruptedException {
        feed.stop();
        long deadline = System.nanoTime() + patience.toNanos();
        int settled = 0;
        while (settled < 3 && failure() == null && System.nanoTime() < deadline) {
            settled = feed.isQuiet() && feed.isEmpty() && keeper.isIdle() ? settled + 1 : 0;
            Thread.sleep(DRAIN_STEP_MILLIS);
        }
    }

    /** Cuts the stream off without a word to the source, which does not answer any more. */
    void abandon() {
        feed.abandon();
    }

    /** Ends it as it stands; what is not stored will come again and be skipped. */
    @Override
    public void close() throws SQLException {
        feed.stop();
        engine.close();
        keeper.close();
        sender.close();
        tables.close();
    }
}
