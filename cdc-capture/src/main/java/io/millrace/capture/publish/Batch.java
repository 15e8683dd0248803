package io.millrace.capture.publish;

import io.millrace.event.SourcePosition;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Records sent together, and what may be stored once Kafka has all of them. One object is the callback of every record in it. Counted
 * by the sending thread, then sealed; acknowledged on the producer's thread.
 */
public final class Batch implements Callback {

    private final Acknowledgements owner;
    // one more than the records until it is sealed, so that it cannot be complete before
    private final AtomicInteger outstanding = new AtomicInteger(1);
    private @Nullable Progress progress;
    private @Nullable Runnable whenAcknowledged;

    Batch(Acknowledgements owner) {
        this.owner = owner;
    }

    void sent() {
        outstanding.incrementAndGet();
    }

    void seal(@Nullable Progress reached, @Nullable Runnable then) {
        progress = reached;
        whenAcknowledged = then;
        done();
    }

    boolean complete() {
        return outstanding.get() == 0;
    }

    @Nullable
    public Progress progress() {
        return progress;
    }

    @Nullable
    public Runnable whenAcknowledged() {
        return whenAcknowledged;
    }

    @Override
    public void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception exception) {
        if (exception != null) {
            owner.failed(exception);
        } else {
            done();
        }
    }

    private void done() {
        if (outstanding.decrementAndGet() == 0) {
            owner.signal();
        }
    }

    /**
     * How far publishing is.
     *
     * @param position of the last change of the last complete transaction; null before the first
     * @param endLsn everything before it was published
     * @param committedAt of that transaction
     * @param events changes published since the source was registered
     * @param urgency how soon it should be stored
     */
    public record Progress(
            @Nullable SourcePosition position,
            long endLsn,
            @Nullable Instant committedAt,
            long events,
            Urgency urgency) {}

    /** How soon progress should be stored. */
    public enum Urgency {
        /** Nothing of ours happened; the WAL of others moved on. */
        LAZY,
        /** Changes are streaming in; the next progress is near. */
        STREAMING,
        /** The stream is read to its end: someone may be waiting for just this. */
        PROMPT
    }
}
