package io.millrace.sync.sink;

import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import java.time.Duration;
import java.util.HexFormat;

/**
 * A sink of {@link SinkKind#EFFECT effects}. Is written one change at a time, {@link #mostAtOnce()} rows beside each other, never two
 * changes of one row; delivery asks the table {@code deduplication} before and notes afterwards, so that what has had its effect is not
 * given again. Only what was on its way at a crash is: then the batch {@link SinkBatch#repeats() repeats}, and the other side can tell by
 * {@link #idOf}.
 *
 * <p>A {@link Failure} that is RETRYABLE has this row waited for, a RETRYABLE {@link SinkException} the whole sink.
 */
public interface EffectSink extends Sink {

    @Override
    default SinkKind kind() {
        return SinkKind.EFFECT;
    }

    /** Returns how many changes may be on their way at once, at least 1. */
    int mostAtOnce();

    /**
     * Returns the time after which a write has ended, whatever happens to the other side or on the way there, counted from when its change
     * was claimed ({@link SinkBatch#claimedAt}) and not from when it began. Another worker waits that long before it takes over a change
     * whose outcome is not known. So a process that stood still must look at that time directly before what cannot be taken back.
     */
    Duration longestWrite();

    /**
     * Returns what a change is told by, the same at each delivery: the event's id; behind that of a snapshot read stands which row it is
     * of, since reads of two tables may share a position.
     */
    static String idOf(ChangeEvent event) {
        if (!event.position().isRead()) {
            return event.eventId();
        }
        RowKey key = event.key() == null ? new RowKey("") : event.key();
        return event.eventId() + "-" + HexFormat.of().toHexDigits(key.hash(event.source(), event.table()));
    }
}
