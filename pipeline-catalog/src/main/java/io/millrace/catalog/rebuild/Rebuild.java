package io.millrace.catalog.rebuild;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One rebuild.
 *
 * @param wish what a person asked for and no worker has taken up yet
 * @param reason why it was asked for, in a sentence
 * @param place the sink's own notes, JSON
 * @param feed null until it is decided
 * @param snapshotId of the snapshot that feeds it; null if none does
 * @param from offset by partition where feeding begins; 0 for one that is not named
 * @param next offset by partition that feeding has reached
 * @param until offset by partition where feeding ends; empty until it is known
 * @param asked whether feeding asked for rows to be read again, whose answers stand behind {@code until}
 * @param refused how many changes the copy refused
 * @param comparison JSON, as {@link Comparison}; null until it was made
 * @param comparedBack whether that was of the old one, for a rollback
 * @param message what it waits for, or why it ended; null where there is nothing to say
 * @param keepFor how long the old one is kept after the exchange
 * @param keepUntil null before the exchange
 * @param finishedAt null while it is open; the time of keeping counts as open
 */
public record Rebuild(
        long id,
        long tableId,
        String sink,
        RebuildKind kind,
        RebuildState state,
        Instant stateSince,
        @Nullable RebuildWish wish,
        String reason,
        String place,
        @Nullable RebuildFeed feed,
        @Nullable Long snapshotId,
        Map<Integer, Long> from,
        Map<Integer, Long> next,
        Map<Integer, Long> until,
        boolean asked,
        long refused,
        @Nullable Comparison comparison,
        boolean comparedBack,
        @Nullable String message,
        Duration keepFor,
        @Nullable Instant keepUntil,
        String requestedBy,
        Instant requestedAt,
        @Nullable Instant finishedAt) {

    /** Returns how much of the feeding from the topic is done, of 100; null while that cannot be said. */
    public @Nullable Integer percent() {
        if (!state.isBeforeExchange()) {
            return 100;
        }
        long all = 0;
        long done = 0;
        for (Map.Entry<Integer, Long> end : until.entrySet()) {
            long begin = from.getOrDefault(end.getKey(), 0L);
            all += end.getValue() - begin;
            done += next.getOrDefault(end.getKey(), begin) - begin;
        }
        if (until.isEmpty()) {
            return null;
        }
        return all == 0 ? 100 : (int) (done * 100 / all);
    }

    /** Tells whether the old one can be put back. */
    public boolean canRollBack() {
        return state == RebuildState.SWITCHED && kind == RebuildKind.REBUILD;
    }

    /** Tells whether readers saw the new one already: what goes on then, goes back. */
    public boolean isBack() {
        return keepUntil != null;
    }

    /** Tells whether it, or its rollback, can be given up. */
    public boolean canCancel() {
        return state.isBeforeExchange() || state == RebuildState.ROLLING_BACK;
    }
}
