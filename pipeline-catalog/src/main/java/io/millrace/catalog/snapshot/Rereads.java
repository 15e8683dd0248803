package io.millrace.catalog.snapshot;

import io.millrace.event.RowKey;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows that capture is asked to read again. The answer comes in the table's topic like a snapshot's: the row as it is. Where the source
 * has none under the key, a snapshot is answered with a delete, and others with the delete that is in the stream. Every call is one
 * transaction; thread-safe.
 */
public interface Rereads {

    /**
     * A row in doubt.
     *
     * @param held the row as a sink holds it, for a snapshot with a filter; null to read it in any case
     */
    record Doubt(RowKey key, @Nullable String held) {

        public static Doubt of(RowKey key) {
            return new Doubt(key, null);
        }
    }

    /**
     * A stored request.
     *
     * @param held as in {@link Doubt}
     * @param asked how often the same was asked since the first time
     */
    record Reread(
            long id,
            RowKey key,
            @Nullable String held,
            @Nullable Long snapshotId,
            int asked) {}

    /**
     * Asks for rows. A question that is open already, about the same row as it is held, for the same snapshot, keeps its id and its place,
     * and is answered after this call: an answer that is under way does not count for it.
     *
     * @param snapshotId of the snapshot that waits for the answers; else null
     * @param by the app's or the sink's name
     */
    void request(long tableId, Collection<Doubt> rows, @Nullable Long snapshotId, String by);

    /** Returns the tables of a source with open requests. */
    List<Long> tables(String source);

    /** Returns a table's oldest requests. */
    List<Reread> next(long tableId, int limit);

    /** Forgets requests: Kafka has the answers. One that was asked for again since {@link #next} stays. */
    void answered(Collection<Reread> requests);

    /** Returns how many requests of a table are open. */
    long open(long tableId);

    /** Returns the highest id that was given out, answered or not; 0 for none. Every request raises it. */
    long newest();

    /** Returns how many requests up to this id are open, by {@code source.schema.table}; paused tables included. */
    List<OpenRereads> openUpTo(long id);

    /** Open requests of one table. */
    record OpenRereads(String source, String schema, String table, long rows) {}
}
