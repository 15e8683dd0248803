package io.millrace.catalog;

import io.millrace.event.TableId;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which relations of the sources the registered tables are. Written by capture. Every call is one transaction; thread-safe. */
public interface TableRelations {

    /**
     * A registered table's relation.
     *
     * @param oid {@code pg_class.oid} at the source; of a partitioned table the root's
     * @param renamedTo what the source calls it now; null while that is its registered name
     * @param partitions the leaves of a partitioned table that were seen, each by OID and file node; null before the first look
     * @param rereadReason why its rows have to be read again; null where they need not be
     */
    record Relation(
            long tableId,
            long oid,
            @Nullable TableId renamedTo,
            @Nullable Set<String> partitions,
            @Nullable String rereadReason) {}

    /** Returns the relations of one source's tables, by table. */
    Map<Long, Relation> of(String source);

    Optional<Relation> find(long tableId);

    /** Notes which relation a table is, and forgets what was known of another. */
    void bind(long tableId, long oid);

    /** Notes what the source calls a table now; null for its registered name. */
    void renamed(long tableId, @Nullable TableId name);

    /** Notes the leaves of a partitioned table. */
    void partitions(long tableId, Set<String> leaves);

    /** Asks that a table's rows be read again once no snapshot of it is open; null takes it back. */
    void reread(long tableId, @Nullable String reason);
}
