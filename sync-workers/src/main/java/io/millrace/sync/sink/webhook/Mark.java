package io.millrace.sync.sink.webhook;

import io.millrace.event.ChangeEvent;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * How an event is found in the table {@code deduplication}.
 *
 * @param capturedAt the same at each delivery; decides the day whose marks are dropped together
 */
record Mark(String eventId, Instant capturedAt) {

    static Mark of(ChangeEvent event) {
        return new Mark(event.eventId(), event.capturedAt().truncatedTo(ChronoUnit.MICROS));
    }
}
