package io.millrace.capture.publish;

import io.millrace.capture.publish.Batch.Progress;
import io.millrace.capture.publish.Batch.Urgency;
import io.millrace.capture.publish.StreamPublisher.StreamStart;
import io.millrace.event.SourcePosition;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** How far publishing is, and when that may be stored. Used by the publishing thread; {@link #published} by any. */
final class StreamProgress {

    private static final long ATTENTION_NANOS = 500_000_000L;

    private final RecordSender sender;
    private final AtomicLong published;
    private @Nullable SourcePosition lastPosition;
    private @Nullable Instant lastCommittedAt;
    private long endLsn;
    private long sealedLsn;
    private boolean changesSinceSeal;
    private boolean atEnd;
    private long attentionUntil = System.nanoTime();

    StreamProgress(RecordSender sender, StreamStart resumed) {
        this.sender = sender;
        this.published = new AtomicLong(resumed.events());
        this.lastPosition = resumed.position();
        this.lastCommittedAt = resumed.committedAt();
        this.endLsn = resumed.endLsn();
        this.sealedLsn = resumed.endLsn();
    }

    void began() {
        atEnd = false;
    }

    /** @param last position of the transaction's last change; null where it had none */
    void committed(@Nullable SourcePosition last, long end, long micros) {
        if (last != null) {
            lastPosition = last;
            lastCommittedAt =
                    Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000);
            changesSinceSeal = true;
        }
        reached(end);
    }

    void caughtUp(long lsn) {
        reached(lsn);
        atEnd = true;
    }

    void reached(long lsn) {
        endLsn = Long.compareUnsigned(endLsn, lsn) >= 0 ? endLsn : lsn;
    }

    /** Someone waits for what comes now. */
    void watched() {
        attentionUntil = System.nanoTime() + ATTENTION_NANOS;
    }

    void count(long changes) {
        published.addAndGet(changes);
    }

    long published() {
        return published.get();
    }

    /** Returns the position of the last change of the last complete transaction; null before the first. */
    @Nullable
    SourcePosition lastPosition() {
        return lastPosition;
    }

    /** Ends a step: what was published so far may be stored as soon as Kafka has it. */
    void step() {
        if (endLsn == sealedLsn) {
            return;
        }
        boolean watched = changesSinceSeal || System.nanoTime() - attentionUntil < 0;
        Urgency urgency = !watched ? Urgency.LAZY : atEnd ? Urgency.PROMPT : Urgency.STREAMING;
        sender.seal(new Progress(lastPosition, endLsn, lastCommittedAt, published.get(), urgency), null);
        sealedLsn = endLsn;
        changesSinceSeal = changesSinceSeal && !atEnd;
    }
}
