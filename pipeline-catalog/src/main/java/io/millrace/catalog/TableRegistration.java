package io.millrace.catalog;

import io.millrace.event.TableId;
import java.util.List;
import java.util.Set;

/**
 * What is asked for when a table is registered; already checked against the source.
 *
 * @param sinks names of sinks, at least one
 * @param registeredBy user name
 */
public record TableRegistration(
        String source,
        TableId table,
        List<String> keyColumns,
        List<Column> columns,
        ReplicaIdentity replicaIdentity,
        Set<String> sinks,
        String registeredBy) {}
