package io.millrace.sync.deadletter;

import java.util.Collection;
import java.util.Map;

/**
 * Rows of which a change was left out, because it lacked values that nobody could give: they are awaited until they come whole, which
 * capture is asked for. Kept in the catalog, so that it is known to whoever goes on. Thread-safe. Every method may throw a {@link
 * org.springframework.dao.DataAccessException}: then nothing may be passed that depends on it.
 *
 * <p>Rows are named by what they are told apart by.
 */
public interface AwaitedRows {

    /** Where rows are awaited: in what a sink holds of a table. */
    record Place(long tableId, String sink) {

        /** Returns where a copy is put together, of which a table has one in a sink; a refill's rests on what the sink holds. */
        public Place ofCopy() {
            return new Place(tableId, sink + " refill");
        }
    }

    /** Tells whether any row is awaited there. */
    boolean any(Place place);

    /** Returns which of these rows are awaited, and what is missing in them. */
    Map<Long, Gap> among(Place place, Collection<Long> rows);

    /** Takes note of changes that were left out, beside those of before. Must be durable before they are passed. */
    void leftOut(Place place, Map<Long, Gap> rows);

    /** Rows came whole, each in a version: those that lack nothing newer are no longer awaited. */
    void came(Place place, Map<Long, Long> versions);

    /** The table was emptied in a version. */
    void emptied(Place place, long version);

    /** In one place, whatever was there, the same is missing from now on as in another. */
    void begin(Place place, Place like);

    /** In one place, whatever was there, nothing is missing from now on. */
    void begin(Place place);
}
