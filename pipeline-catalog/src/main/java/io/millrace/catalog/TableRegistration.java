package io.millrace.catalog;

import io.millrace.event.TableId;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is asked for when a table is registered; already checked against the source.
 *
 * @param sinks names of sinks, at least one
 * @param registeredBy user name
 * @param shapings what sinks get of it from the first row on, by sink, the JSON of {@link io.millrace.catalog.shaping.Shaping}; those
 *     that are not there get everything as it is
 */
public record TableRegistration(
        String source,
        TableId table,
        List<String> keyColumns,
        List<Column> columns,
        ReplicaIdentity replicaIdentity,
        Set<String> sinks,
        String registeredBy,
        Map<String, String> shapings) {

    /** Everything goes to every sink as it is. */
    public TableRegistration(
            String source,
            TableId table,
            List<String> keyColumns,
            List<Column> columns,
            ReplicaIdentity replicaIdentity,
            Set<String> sinks,
            String registeredBy) {
        this(source, table, keyColumns, columns, replicaIdentity, sinks, registeredBy, Map.of());
    }
}
