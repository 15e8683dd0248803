package io.millrace.sync.sink.webhook;

import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;

/**
 * How an event is found in the table {@code deduplication}, and what receivers tell it by.
 *
 * @param eventId {@code webhook-id} and the CloudEvent's id
 * @param capturedAt the same at each delivery; decides the day whose marks are dropped together
 */
record Mark(String eventId, Instant capturedAt) {

    private static final RowKey NO_KEY = new RowKey("");

    static Mark of(ChangeEvent event) {
        return new Mark(idOf(event), event.capturedAt().truncatedTo(ChronoUnit.MICROS));
    }

    /** The event's id; behind that of a snapshot read stands which row it is of, since reads of two tables may share a position. */
    static String idOf(ChangeEvent event) {
        if (!event.position().isRead()) {
            return event.eventId();
        }
        RowKey key = event.key() == null ? NO_KEY : event.key();
        return event.eventId() + "-" + HexFormat.of().toHexDigits(key.hash(event.source(), event.table()));
    }
}
