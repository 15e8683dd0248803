package io.millrace.admin.lag;

import io.millrace.catalog.Source;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far capture of one source is behind its WAL.
 *
 * @param bytes of WAL that Kafka does not reflect yet; null where the source did not answer or nothing was captured yet
 * @param seconds age of the oldest WAL position sampled that capture has not passed: 0 when it passed the last but one sample; null
 *     where unknown
 * @param upTo everything that the source had committed by then is in Kafka; null where unknown
 * @param probe what the source said last; null where it never answered
 * @param events how many changes were published since the source was registered
 * @param lastCommit commit time of the last change captured
 */
public record CaptureLag(
        Source source,
        @Nullable Long bytes,
        @Nullable Double seconds,
        @Nullable Instant upTo,
        @Nullable SourceProbe probe,
        long events,
        @Nullable Instant lastCommit) {}
