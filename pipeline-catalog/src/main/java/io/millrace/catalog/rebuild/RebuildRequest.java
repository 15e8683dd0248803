package io.millrace.catalog.rebuild;

import java.time.Duration;
import java.util.Map;

/**
 * What is asked for.
 *
 * @param reason in a sentence, for people
 * @param place what the sink is told, a JSON object
 * @param from offset by partition where a feed from the topic may begin, since what lies before is known to be held; empty for the
 *     beginning
 * @param keepFor how long the old one is kept after the exchange
 * @param by user name
 * @param needed whether the sink lacks something until this is done
 */
public record RebuildRequest(
        long tableId,
        String sink,
        RebuildKind kind,
        String reason,
        String place,
        Map<Integer, Long> from,
        Duration keepFor,
        String by,
        boolean needed) {

    /** Asks for a new copy beside the one that readers see. */
    public static RebuildRequest rebuild(long tableId, String sink, String reason, Duration keepFor, String by) {
        return new RebuildRequest(tableId, sink, RebuildKind.REBUILD, reason, "{}", Map.of(), keepFor, by, false);
    }

    /** Asks for entries to come back that were lost. */
    public static RebuildRequest refill(long tableId, String sink, String reason, Map<Integer, Long> from, String by) {
        return new RebuildRequest(tableId, sink, RebuildKind.REFILL, reason, "{}", from, Duration.ZERO, by, true);
    }

    /** Asks for all entries to come anew, and tells the sink more. */
    public static RebuildRequest refill(
            long tableId, String sink, String reason, String place, String by, boolean needed) {
        return new RebuildRequest(
                tableId, sink, RebuildKind.REFILL, reason, place, Map.of(), Duration.ZERO, by, needed);
    }
}
