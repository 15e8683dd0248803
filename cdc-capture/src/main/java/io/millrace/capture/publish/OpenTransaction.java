package io.millrace.capture.publish;

import io.millrace.capture.publish.EnvelopeWriter.Origin;
import io.millrace.event.SourcePosition;
import org.jspecify.annotations.Nullable;

/** The transaction that the stream is in, and how many of its changes went by. Not thread-safe. */
final class OpenTransaction {

    private final int epoch;
    private long commitLsn;
    private long committedMicros;
    private long id;
    private byte @Nullable [] actor;
    private int ordinal;

    OpenTransaction(int epoch) {
        this.epoch = epoch;
    }

    void begin(long commit, long micros, long transaction) {
        commitLsn = commit;
        committedMicros = micros;
        id = transaction;
        actor = null;
        ordinal = 0;
    }

    void actor(byte[] json) {
        actor = json;
    }

    /** Counts a change, published or not: so the same change has the same ordinal whenever it comes. */
    void next() {
        ordinal++;
    }

    long commitLsn() {
        return commitLsn;
    }

    int ordinal() {
        return ordinal;
    }

    /** Returns the position of the present change. */
    SourcePosition position() {
        return new SourcePosition(epoch, commitLsn, ordinal);
    }

    /** Returns the position of the last change; null where there was none. */
    @Nullable
    SourcePosition last() {
        return ordinal == 0 ? null : new SourcePosition(epoch, commitLsn, ordinal - 1);
    }

    /** Returns where and when the present change was made. */
    Origin origin(long lsn) {
        return new Origin(position(), lsn, committedMicros, id, actor);
    }
}
