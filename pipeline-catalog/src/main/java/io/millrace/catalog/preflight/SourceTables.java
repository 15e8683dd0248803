package io.millrace.catalog.preflight;

import io.millrace.catalog.Column;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reads from a source's catalog what tables it holds. Changes nothing there. Thread-safe. */
public final class SourceTables {

    /**
     * Begins a query of the partitions at all levels of the relation {@code c}: {@code tree} has the {@code relid} of each. The server's
     * own function for that waits for whoever alters one of them.
     */
    public static final String WITH_TREE = """
            WITH RECURSIVE tree AS (SELECT inhrelid AS relid FROM pg_inherits WHERE inhparent = c.oid
                                    UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN tree t ON i.inhparent = t.relid)""";

    /**
     * A replica identity's index must be unique, immediate, whole and without expressions or NULLs: the rules of ALTER TABLE ...
     * REPLICA IDENTITY USING INDEX. A deferrable primary key is none, which PostgreSQL says only when the first UPDATE fails.
     */
    private static final String TABLES = """
            SELECT c.oid, n.nspname, c.relname, c.relkind, c.relispartition, c.relpersistence, c.relreplident,
                   CASE WHEN c.relkind = 'p'
                        THEN (%2$s SELECT coalesce(sum(greatest(l.reltuples, 0)), 0)
                              FROM tree t JOIN pg_class l ON l.oid = t.relid AND l.relkind <> 'p')
                        ELSE c.reltuples END::bigint AS estimate,
                   %3$s::bigint AS bytes,
                   coalesce(primary_key.columns, '{}') AS primary_key,
                   coalesce(identity_index.columns, '{}') AS identity_index,
                   coalesce(unique_key.columns, '{}') AS unique_key
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN LATERAL (%1$s AND i.indisprimary) primary_key ON true
            LEFT JOIN LATERAL (%1$s AND i.indisreplident) identity_index ON true
            LEFT JOIN LATERAL (%1$s ORDER BY i.indnkeyatts, i.indexrelid LIMIT 1) unique_key ON true
            """.formatted("""
                    SELECT (SELECT array_agg(a.attname::text ORDER BY k.place)
                            FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
                            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                            WHERE k.place <= i.indnkeyatts) AS columns
                    FROM pg_index i
                    WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid
                      AND i.indpred IS NULL AND i.indexprs IS NULL
                      AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
                                      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                                      WHERE k.place <= i.indnkeyatts AND NOT a.attnotnull)""", WITH_TREE, "%s");

    /** As of the last VACUUM or ANALYZE. */
    private static final String PAGES = """
            (SELECT coalesce(sum(greatest(l.relpages, 0)::bigint), 0) * current_setting('block_size')::int
             FROM pg_class l
             WHERE l.oid = ANY (ARRAY(SELECT c.oid UNION ALL SELECT c.reltoastrelid
                                      UNION ALL SELECT i.indexrelid FROM pg_index i WHERE i.indrelid = c.oid)))""";

    /** As they are; waits for whoever alters, rewrites or truncates one of the tables. */
    private static final String SIZES = """
            CASE WHEN c.relkind = 'p'
                 THEN (SELECT coalesce(sum(pg_total_relation_size(t.relid)), 0) FROM pg_partition_tree(c.oid) t WHERE t.isleaf)
                 WHEN c.relkind = 'r' THEN pg_total_relation_size(c.oid) ELSE 0 END""";

    private static final String ALL = TABLES + """
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
              AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            ORDER BY n.nspname, c.relname
            """;
    private static final String ONE = TABLES.formatted("0") + "WHERE n.nspname = ? AND c.relname = ?";
    private static final String BY_OID = TABLES.formatted("0") + "WHERE c.oid = ?::oid";
    private static final Duration LOCKED = Duration.ofMillis(500);

    /**
     * Without generated columns, which PostgreSQL does not publish; from 18 on it publishes the stored ones, as Millrace's publications
     * ask for.
     */
    private static final String COLUMNS = """
            SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.atttypid::bigint AS oid,
                   NOT a.attnotnull AS nullable
            FROM pg_attribute a
            WHERE a.attrelid = ANY (?) AND a.attnum > 0 AND NOT a.attisdropped
              AND (a.attgenerated = '' OR a.attgenerated = 's' AND current_setting('server_version_num')::int >= 180000)
            ORDER BY a.attrelid, a.attnum
            """;

    /**
     * Returns all tables that can be captured, by schema and name; partitions are in their roots. The session has a limit for locks from
     * then on.
     */
    public List<SourceTable> list(Connection connection) throws SQLException {
        SourceLocks.timeout(connection, LOCKED);
        Optional<List<SourceTable>> sized = SourceLocks.queryUnlessHeld(() -> list(connection, SIZES));
        return sized.isPresent() ? sized.get() : list(connection, PAGES);
    }

    private static List<SourceTable> list(Connection connection, String sizes) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ALL.formatted(sizes))) {
            return read(connection, statement);
        }
    }

    /**
     * Returns one table, view or partition by its names as the catalog holds them; empty where there is none. Waits for no lock; its size is
     * not looked up.
     */
    public Optional<SourceTable> find(Connection connection, TableId table) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ONE)) {
            statement.setString(1, table.schema());
            statement.setString(2, table.table());
            return read(connection, statement).stream().findFirst();
        }
    }

    /** Returns the table with an OID, whatever it is called now; empty where it was dropped. */
    public Optional<SourceTable> find(Connection connection, long oid) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BY_OID)) {
            statement.setString(1, Long.toString(oid));
            return read(connection, statement).stream().findFirst();
        }
    }

    private static List<SourceTable> read(Connection connection, PreparedStatement statement) throws SQLException {
        List<Relation> relations = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                relations.add(Relation.read(row));
            }
        }
        Map<Long, List<Column>> columns = columns(connection, relations);
        return relations.stream()
                .map(relation -> relation.with(columns.getOrDefault(relation.oid(), List.of())))
                .toList();
    }

    private static Map<Long, List<Column>> columns(Connection connection, List<Relation> relations)
            throws SQLException {
        Map<Long, List<Attribute>> attributes = new TreeMap<>();
        try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
            Long[] oids = relations.stream().map(Relation::oid).toArray(Long[]::new);
            statement.setArray(1, connection.createArrayOf("oid", oids));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    attributes
                            .computeIfAbsent(row.getLong("attrelid"), oid -> new ArrayList<>())
                            .add(new Attribute(
                                    row.getString("attname"),
                                    row.getString("type"),
                                    row.getLong("oid"),
                                    row.getBoolean("nullable")));
                }
            }
        }
        SourceTypes types = new SourceTypes();
        types.load(
                connection,
                attributes.values().stream()
                        .flatMap(List::stream)
                        .map(Attribute::type)
                        .toList());
        Map<Long, List<Column>> columns = new TreeMap<>();
        attributes.forEach((oid, of) -> columns.put(
                oid, of.stream().map(attribute -> attribute.column(types)).toList()));
        return columns;
    }

    private record Attribute(String name, String typeText, long type, boolean nullable) {

        Column column(SourceTypes types) {
            return new Column(name, typeText, types.of(type).columnName(), type, nullable);
        }
    }

    private record Relation(
            long oid,
            TableId table,
            SourceTable.Kind kind,
            ReplicaIdentity identity,
            List<String> primaryKey,
            List<String> identityIndex,
            List<String> uniqueKey,
            long estimate,
            long bytes) {

        static Relation read(ResultSet row) throws SQLException {
            return new Relation(
                    row.getLong("oid"),
                    new TableId(row.getString("nspname"), row.getString("relname")),
                    kind(row),
                    switch (row.getString("relreplident")) {
                        case "f" -> ReplicaIdentity.FULL;
                        case "i" -> ReplicaIdentity.INDEX;
                        case "n" -> ReplicaIdentity.NOTHING;
                        default -> ReplicaIdentity.DEFAULT;
                    },
                    names(row, "primary_key"),
                    names(row, "identity_index"),
                    names(row, "unique_key"),
                    row.getLong("estimate"),
                    row.getLong("bytes"));
        }

        private static SourceTable.Kind kind(ResultSet row) throws SQLException {
            String kind = row.getString("relkind");
            switch (kind) {
                case "v" -> {
                    return SourceTable.Kind.VIEW;
                }
                case "m" -> {
                    return SourceTable.Kind.MATERIALIZED_VIEW;
                }
                case "f" -> {
                    return SourceTable.Kind.FOREIGN;
                }
                case "r", "p" -> {}
                default -> {
                    return SourceTable.Kind.OTHER;
                }
            }
            switch (row.getString("relpersistence")) {
                case "u" -> {
                    return SourceTable.Kind.UNLOGGED;
                }
                case "t" -> {
                    return SourceTable.Kind.TEMPORARY;
                }
                default -> {}
            }
            if (row.getBoolean("relispartition")) {
                return SourceTable.Kind.PARTITION;
            }
            return "p".equals(kind) ? SourceTable.Kind.PARTITIONED : SourceTable.Kind.TABLE;
        }

        private static List<String> names(ResultSet row, String column) throws SQLException {
            return List.of((String[]) row.getArray(column).getArray());
        }

        SourceTable with(List<Column> columns) {
            List<String> key =
                    switch (identity) {
                        case DEFAULT -> primaryKey;
                        case INDEX -> identityIndex;
                        case FULL, NOTHING -> primaryKey.isEmpty() ? uniqueKey : primaryKey;
                    };
            boolean usable =
                    switch (identity) {
                        case DEFAULT, INDEX -> !key.isEmpty();
                        case FULL -> true;
                        case NOTHING -> false;
                    };
            return new SourceTable(oid, table, kind, columns, key, identity, usable, estimate, bytes);
        }
    }
}
