package io.millrace.catalog;

import io.millrace.event.SourcePosition;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far capture of a source is: what Kafka has on disk.
 *
 * @param position of the last change of the last complete transaction; null before the first
 * @param endLsn the end of that transaction, or of what the slot was told without one: never more than Kafka has (P5)
 * @param committedAt when that transaction was committed; null before the first
 * @param systemIdentifier of the source's cluster ({@code pg_control_system()}), so that another one is noticed
 * @param timeline of the source's cluster
 * @param events how many changes were published since the source was registered
 */
public record CaptureOffset(
        String source,
        int epoch,
        @Nullable SourcePosition position,
        long endLsn,
        @Nullable Instant committedAt,
        String systemIdentifier,
        int timeline,
        long events,
        Instant updatedAt) {}
