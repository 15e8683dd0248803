package io.millrace.catalog.preflight;

import io.millrace.catalog.Column;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.event.TableId;
import java.util.List;

/**
 * A table as the source's catalog describes it.
 *
 * @param oid {@code pg_class.oid}
 * @param kind what it is
 * @param columns that PostgreSQL publishes, in the table's order: of the generated ones none before version 18, the stored ones since
 * @param keyColumns what rows are told apart by: the columns of the replica identity's index; with identity FULL those of the
 *     primary key, else of a unique index without NULLs; empty where there are none
 * @param identity what PostgreSQL sends of the old row
 * @param identityUsable whether UPDATE and DELETE go on working for the application once the table is published
 * @param estimatedRows the planner's estimate; -1 where it has none
 * @param bytes on disk, with indexes and partitions
 */
public record SourceTable(
        long oid,
        TableId table,
        Kind kind,
        List<Column> columns,
        List<String> keyColumns,
        ReplicaIdentity identity,
        boolean identityUsable,
        long estimatedRows,
        long bytes) {

    /** What a relation is, as far as it matters here. */
    public enum Kind {
        TABLE,
        PARTITIONED,
        /** A partition: captured through its root. */
        PARTITION,
        /** Its changes are not in the WAL. */
        UNLOGGED,
        /** A session's own, and not in the WAL. */
        TEMPORARY,
        /** Its rows are another server's. */
        FOREIGN,
        VIEW,
        MATERIALIZED_VIEW,
        /** A sequence, an index or anything else that has no rows of its own to publish. */
        OTHER
    }

    /** Returns whether rows can be told apart: without a key only the history can take the table. */
    public boolean hasKey() {
        return !keyColumns.isEmpty();
    }

    /** Returns whether PostgreSQL can publish it under this name. */
    public boolean capturable() {
        return kind == Kind.TABLE || kind == Kind.PARTITIONED;
    }
}
