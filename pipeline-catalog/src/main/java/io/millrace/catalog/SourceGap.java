package io.millrace.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a source's WAL whose changes may be missing.
 *
 * @param epoch the one that it ends
 * @param detail what was found, as a sentence without its end
 * @param fromLsn everything before it was captured
 * @param toLsn where the source stood when the gap was noticed; after the new epoch has begun, where that begins. Null where the source
 *     could not tell; not comparable where the server is another one
 * @param since when capture was last known to be complete
 * @param acceptedBy who decided to go on with a new epoch; null before
 * @param newEpoch the one that follows; null before it has begun, and where the gap proved to be none
 * @param closedAt when the new epoch began, or the gap proved to be none; null while it is open
 */
public record SourceGap(
        long id,
        String source,
        int epoch,
        GapCause cause,
        String detail,
        long fromLsn,
        @Nullable Long toLsn,
        Instant since,
        Instant detectedAt,
        @Nullable String acceptedBy,
        @Nullable Instant acceptedAt,
        @Nullable Integer newEpoch,
        @Nullable Instant closedAt) {

    /** What was found, before it is noted. */
    public record Finding(
            GapCause cause, String detail, @Nullable Long toLsn) {}
}
