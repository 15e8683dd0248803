package io.millrace.catalog;

import io.millrace.event.TableId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table that is captured.
 *
 * @param id assigned by the catalog
 * @param source the source's name
 * @param table which table
 * @param topic its topic
 * @param keyColumns in the key's order; empty where the table has no key
 * @param columns in the table's order, as last seen
 * @param schemaVersion counts up when {@code columns} or {@code keyColumns} change
 * @param message what is wrong and what to do; null where nothing is
 * @param registeredBy user name
 * @param sinks its bindings, by sink name
 */
public record CapturedTable(
        long id,
        String source,
        TableId table,
        String topic,
        List<String> keyColumns,
        List<Column> columns,
        int schemaVersion,
        ReplicaIdentity replicaIdentity,
        TableState state,
        @Nullable String message,
        Instant stateSince,
        String registeredBy,
        Instant registeredAt,
        List<SinkBinding> sinks) {

    /** Returns whether rows can be told apart: without a key only the history can take the table. */
    public boolean hasKey() {
        return !keyColumns.isEmpty();
    }

    /** Returns the same registration with the columns and the key of one of its versions. */
    public CapturedTable as(TableSchema version) {
        return with(table, version.keyColumns(), version.columns(), version.version());
    }

    /** Returns the same registration under the name that the source has for it now. */
    public CapturedTable named(TableId present) {
        return with(present, keyColumns, columns, schemaVersion);
    }

    /** Returns the same registration with this binding in place of its own to the same sink. */
    public CapturedTable with(SinkBinding binding) {
        List<SinkBinding> others = sinks.stream()
                .map(one -> one.sink().equals(binding.sink()) ? binding : one)
                .toList();
        return with(table, keyColumns, columns, schemaVersion, others);
    }

    private CapturedTable with(TableId name, List<String> key, List<Column> all, int version) {
        return with(name, key, all, version, sinks);
    }

    private CapturedTable with(
            TableId name, List<String> key, List<Column> all, int version, List<SinkBinding> bindings) {
        return new CapturedTable(
                id,
                source,
                name,
                topic,
                key,
                all,
                version,
                replicaIdentity,
                state,
                message,
                stateSince,
                registeredBy,
                registeredAt,
                bindings);
    }
}
