package io.millrace.admin.lag;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a source said about itself at one moment.
 *
 * @param at by our clock, before the question was sent
 * @param wal its current WAL insert position
 * @param version of the server, as it writes it
 * @param slotExists whether our replication slot is there
 * @param slotActive whether somebody reads the slot
 * @param retainedBytes WAL kept for the slot; null without a slot
 * @param walStatus reserved, extended, unreserved or lost; null without a slot
 * @param walLimitBytes {@code max_slot_wal_keep_size}; null where there is no limit
 * @param error why the source did not answer, in a sentence; all else is then of the last answer, or empty
 */
public record SourceProbe(
        Instant at,
        long wal,
        String version,
        boolean slotExists,
        boolean slotActive,
        @Nullable Long retainedBytes,
        @Nullable String walStatus,
        @Nullable Long walLimitBytes,
        @Nullable String error) {

    static SourceProbe failed(Instant at, String error) {
        return new SourceProbe(at, 0, "", false, false, null, null, null, error);
    }

    public boolean answered() {
        return error == null;
    }
}
