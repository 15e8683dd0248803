package io.millrace.catalog.preflight;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The types of a source, read from its catalog when first met. Not thread-safe. */
public final class SourceTypes {

    /** A domain leads to its base type, over several steps where domains build on domains. */
    private static final String TYPES = """
            WITH RECURSIVE base AS (
                SELECT oid, oid AS base FROM pg_type WHERE oid = ANY (?)
                UNION ALL
                SELECT base.oid, t.typbasetype FROM base JOIN pg_type t ON t.oid = base.base WHERE t.typtype = 'd')
            SELECT base.oid::bigint, t.typdelim,
                   CASE WHEN n.nspname = 'pg_catalog'
                          OR EXISTS (SELECT FROM pg_depend d
                                     WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
                        THEN t.typname ELSE n.nspname || '.' || t.typname END AS name,
                   CASE WHEN t.typoutput = 'array_out'::regproc THEN t.typelem ELSE 0 END::bigint AS element
            FROM base JOIN pg_type t ON t.oid = base.base AND t.typtype <> 'd' JOIN pg_namespace n ON n.oid = t.typnamespace
            """;

    private final Map<Long, SourceType> types = new HashMap<>();

    /** Reads those of these types that are not known yet. */
    public void load(Connection connection, Collection<Long> oids) throws SQLException {
        Set<Long> missing = new TreeSet<>(oids);
        missing.removeAll(types.keySet());
        if (missing.isEmpty()) {
            return;
        }
        Map<Long, Found> found = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(TYPES)) {
            statement.setArray(1, connection.createArrayOf("oid", missing.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.put(
                            row.getLong("oid"),
                            new Found(
                                    row.getString("name"),
                                    row.getLong("element"),
                                    row.getString("typdelim").charAt(0)));
                }
            }
        }
        load(
                connection,
                found.values().stream()
                        .map(Found::element)
                        .filter(element -> element != 0)
                        .toList());
        found.forEach((oid, type) -> types.put(
                oid, new SourceType(type.name(), type.element() == 0 ? null : of(type.element()), type.delimiter())));
    }

    /** Returns a type that was loaded; null where the source does not have it any more. */
    public @Nullable SourceType find(long oid) {
        return types.get(oid);
    }

    /** Returns a type that was loaded; one that the source does not have any more is text. */
    public SourceType of(long oid) {
        return types.getOrDefault(oid, SourceType.UNKNOWN);
    }

    /** Notes what a type was that the source does not have any more. */
    public void remember(long oid, SourceType type) {
        types.putIfAbsent(oid, type);
    }

    private record Found(String name, long element, char delimiter) {}
}
