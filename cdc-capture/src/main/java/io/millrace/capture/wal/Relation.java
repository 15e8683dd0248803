package io.millrace.capture.wal;

import io.millrace.event.TableId;
import java.util.List;

/**
 * A table as pgoutput describes it before its first change.
 *
 * @param id the relation's OID; names it in the changes that follow
 * @param identity {@code pg_class.relreplident}: d, f, i or n
 */
public record Relation(int id, TableId table, char identity, List<Column> columns) {

    /**
     * A published column.
     *
     * @param key whether it is part of the replica identity; with identity FULL every column is
     * @param typeOid as an unsigned number
     * @param typeModifier {@code pg_attribute.atttypmod}
     */
    public record Column(String name, boolean key, long typeOid, int typeModifier) {}
}
