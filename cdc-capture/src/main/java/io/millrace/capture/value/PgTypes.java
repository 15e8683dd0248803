package io.millrace.capture.value;

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
public final class PgTypes {

    /** A domain leads to its base type, over several steps where domains build on domains. */
    private static final String TYPES = """
            WITH RECURSIVE base AS (
                SELECT oid, oid AS base FROM pg_type WHERE oid = ANY (?)
                UNION ALL
                SELECT base.oid, t.typbasetype FROM base JOIN pg_type t ON t.oid = base.base WHERE t.typtype = 'd')
            SELECT base.oid::bigint, t.typname, t.typdelim,
                   CASE WHEN t.typoutput = 'array_out'::regproc THEN t.typelem ELSE 0 END::bigint AS element
            FROM base JOIN pg_type t ON t.oid = base.base AND t.typtype <> 'd'
            """;

    /** What a type that was dropped since is taken for: its text is kept as it is. */
    private static final PgType UNKNOWN = new PgType("text", null, ',');

    private final Map<Long, PgType> types = new HashMap<>();

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
                                    row.getString("typname"),
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
                oid, new PgType(type.name(), type.element() == 0 ? null : of(type.element()), type.delimiter())));
        missing.forEach(oid -> types.putIfAbsent(oid, UNKNOWN));
    }

    /** Returns a type that was loaded. */
    public PgType of(long oid) {
        @Nullable PgType type = types.get(oid);
        return type == null ? UNKNOWN : type;
    }

    /** Returns {@code pg_type.typname} of a type that was loaded, of a domain its base type's, of an array with the underscore. */
    public String typeName(long oid) {
        PgType type = of(oid);
        return type.name();
    }

    private record Found(String name, long element, char delimiter) {}
}
