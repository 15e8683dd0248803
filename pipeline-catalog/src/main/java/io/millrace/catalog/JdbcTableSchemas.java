package io.millrace.catalog;

import io.millrace.event.Lsn;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * The versions of tables' columns. After a restart the slot sends old transactions again: they find the version that they were written
 * under, and nothing is recorded twice. Call within a transaction that holds the table's row.
 */
final class JdbcTableSchemas {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final JdbcClient sql;

    JdbcTableSchemas(JdbcClient sql) {
        this.sql = sql;
    }

    /** Returns all versions, the first one first. */
    List<TableSchema> of(long tableId) {
        return sql.sql("SELECT * FROM millrace.table_schema WHERE table_id = ? ORDER BY version")
                .param(tableId)
                .query(JdbcTableSchemas::map)
                .list();
    }

    private static TableSchema map(ResultSet row, int number) throws SQLException {
        String firstLsn = row.getString("first_lsn");
        return new TableSchema(
                row.getInt("version"),
                columns(row.getString("columns")),
                List.of((String[]) row.getArray("key_columns").getArray()),
                firstLsn == null ? null : (Long) Lsn.parse(firstLsn),
                row.getTimestamp("recorded_at").toInstant());
    }

    static List<Column> columns(String json) {
        return JSON.readValue(json, new TypeReference<List<Column>>() {});
    }

    /** Returns the version of these columns at an LSN; records it where it is new. */
    int record(long tableId, List<Column> columns, List<String> key, @Nullable Long lsn) {
        List<TableSchema> known = of(tableId);
        Optional<TableSchema> found = lsn == null ? latest(known, columns, key) : at(known, columns, key, lsn);
        if (found.isPresent()) {
            int version = found.get().version();
            if (lsn != null && version > 1 && isLater(found.get().firstLsn(), lsn)) {
                sql.sql("UPDATE millrace.table_schema SET first_lsn = ?::pg_lsn WHERE table_id = ? AND version = ?")
                        .params(Arrays.asList(Lsn.format(lsn), tableId, version))
                        .update();
            }
            return version;
        }
        int version = known.stream().mapToInt(TableSchema::version).max().orElse(0) + 1;
        sql.sql("""
                INSERT INTO millrace.table_schema (table_id, version, columns, key_columns, first_lsn)
                VALUES (?, ?, ?::jsonb, ?, ?::pg_lsn)
                """)
                .params(Arrays.asList(
                        tableId,
                        version,
                        JSON.writeValueAsString(columns),
                        key.toArray(String[]::new),
                        lsn == null ? null : Lsn.format(lsn)))
                .update();
        return version;
    }

    private static boolean isLater(@Nullable Long first, long lsn) {
        return first == null || Long.compareUnsigned(first, lsn) > 0;
    }

    /** What a snapshot sees is the present: the newest version, or one that the stream has yet to come to. */
    private static Optional<TableSchema> latest(List<TableSchema> known, List<Column> columns, List<String> key) {
        return known.stream()
                .max(Comparator.comparingInt(TableSchema::version))
                .filter(schema -> schema.matches(columns, key));
    }

    /**
     * In one transaction a table may have several versions, all with its commit LSN: each of them, and the one before, may be meant. Next
     * come those that only a snapshot has seen, and the first that is known to hold later.
     */
    private static Optional<TableSchema> at(List<TableSchema> known, List<Column> columns, List<String> key, long lsn) {
        Comparator<TableSchema> byLsn = (a, b) -> Long.compareUnsigned(start(a), start(b));
        Comparator<TableSchema> order = byLsn.thenComparingInt(TableSchema::version);
        List<TableSchema> placed = known.stream()
                .filter(schema -> schema.version() == 1 || schema.firstLsn() != null)
                .sorted(order)
                .toList();
        Optional<TableSchema> before = placed.stream()
                .filter(schema -> Long.compareUnsigned(start(schema), lsn) < 0)
                .reduce((first, second) -> second);
        Optional<TableSchema> after = placed.stream()
                .filter(schema -> Long.compareUnsigned(start(schema), lsn) > 0)
                .findFirst();
        return java.util.stream.Stream.of(
                        placed.stream().filter(schema -> start(schema) == lsn),
                        before.stream(),
                        known.stream().filter(schema -> schema.version() > 1 && schema.firstLsn() == null),
                        after.stream())
                .flatMap(candidates -> candidates)
                .filter(schema -> schema.matches(columns, key))
                .findFirst();
    }

    private static long start(TableSchema schema) {
        return schema.firstLsn() == null ? 0 : schema.firstLsn();
    }

    /** Returns the version that the table has now, as far as anybody has seen: one that only a snapshot saw, else the last in the WAL. */
    TableSchema present(long tableId) {
        Comparator<TableSchema> order = Comparator.<TableSchema>comparingInt(
                        schema -> schema.version() > 1 && schema.firstLsn() == null ? 1 : 0)
                .thenComparing((a, b) -> Long.compareUnsigned(start(a), start(b)))
                .thenComparingInt(TableSchema::version);
        return of(tableId).stream().max(order).orElseThrow();
    }
}
