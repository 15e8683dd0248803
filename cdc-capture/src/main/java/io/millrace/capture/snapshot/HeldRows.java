package io.millrace.capture.snapshot;

import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.preflight.RowFilter;
import io.millrace.catalog.snapshot.Rereads.Reread;
import io.millrace.catalog.snapshot.SnapshotRuns;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells which of the rows that sinks hold meet the filter of their snapshot: PostgreSQL makes them rows of the table again and applies
 * the filter. In doubt a row is read: that is never wrong. Used by one thread.
 */
final class HeldRows {

    private static final Logger LOG = LoggerFactory.getLogger(HeldRows.class);

    private final SnapshotRuns runs;
    private final TableId table;
    private final Map<Long, Optional<String>> filters = new HashMap<>();

    HeldRows(SnapshotRuns runs, TableId table) {
        this.runs = runs;
        this.table = table;
    }

    List<Reread> wanted(Connection connection, List<Reread> all) throws SQLException {
        Set<Long> unwanted = new HashSet<>();
        for (Long snapshot : all.stream()
                .filter(one -> one.held() != null)
                .map(Reread::snapshotId)
                .filter(java.util.Objects::nonNull)
                .distinct()
                .toList()) {
            List<Reread> held = all.stream()
                    .filter(one -> one.held() != null && snapshot.equals(one.snapshotId()))
                    .toList();
            String filter = filter(connection, snapshot);
            if (filter != null) {
                unwanted.addAll(outside(connection, filter, held));
            }
        }
        return all.stream().filter(one -> !unwanted.contains(one.id())).toList();
    }

    private @Nullable String filter(Connection connection, long snapshot) throws SQLException {
        Optional<String> known = filters.get(snapshot);
        if (known == null) {
            known = read(connection, snapshot);
            filters.put(snapshot, known);
        }
        return known.orElse(null);
    }

    private Optional<String> read(Connection connection, long snapshot) throws SQLException {
        String expression = runs.find(snapshot).map(TableSnapshot::filter).orElse(null);
        if (expression == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(RowFilter.check(connection, table, expression).jdbc());
        } catch (RowFilter.Refused e) {
            LOG.debug("The filter of snapshot {} is not taken any more", snapshot, e);
            return Optional.empty();
        }
    }

    private Set<Long> outside(Connection connection, String filter, List<Reread> held) throws SQLException {
        Set<Long> inside = new HashSet<>();
        String name = TableId.quote(table.table());
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT asked.millrace_id FROM unnest(?::bigint[], ?::text[]) AS asked (millrace_id, millrace_held) CROSS JOIN LATERAL"
                        + " json_populate_record(CAST(NULL AS " + table.quoted() + "), asked.millrace_held::json) AS "
                        + name
                        + " WHERE (" + filter + ")")) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "bigint", held.stream().map(Reread::id).toArray()));
            statement.setArray(
                    2,
                    connection.createArrayOf(
                            "text", held.stream().map(Reread::held).toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    inside.add(row.getLong(1));
                }
            }
        } catch (SQLException e) {
            if (String.valueOf(e.getSQLState()).startsWith("08")) {
                throw e;
            }
            LOG.debug("Held rows of {} cannot be filtered, because of error {}; all are read", table, e.getSQLState());
            return Set.of();
        }
        Set<Long> outside = new HashSet<>();
        held.forEach(one -> outside.add(one.id()));
        outside.removeAll(inside);
        return outside;
    }
}
