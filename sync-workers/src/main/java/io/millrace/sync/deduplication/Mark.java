package io.millrace.sync.deduplication;

import io.millrace.event.ChangeEvent;
import io.millrace.sync.sink.EffectSink;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * How an event is found in the table {@code deduplication}.
 *
 * @param eventId {@link EffectSink#idOf}
 * @param capturedAt the same at each delivery of its record; decides the day whose marks are dropped together
 */
public record Mark(String eventId, Instant capturedAt) {

    public static Mark of(ChangeEvent event) {
        return new Mark(EffectSink.idOf(event), event.capturedAt().truncatedTo(ChronoUnit.MICROS));
    }
}
