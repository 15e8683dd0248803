package io.millrace.catalog;

import static java.util.stream.Collectors.toMap;

import io.millrace.event.TableId;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

final class JdbcTableRelations implements TableRelations {

    private final JdbcClient sql;

    JdbcTableRelations(JdbcClient sql) {
        this.sql = sql;
    }

    @Override
    public Map<Long, Relation> of(String source) {
        return sql
                .sql("SELECT r.* FROM millrace.table_relation r JOIN millrace.captured_table t ON t.id = r.table_id"
                        + " WHERE t.source = ?")
                .param(source)
                .query(JdbcTableRelations::map)
                .list()
                .stream()
                .collect(toMap(Relation::tableId, relation -> relation));
    }

    @Override
    public Optional<Relation> find(long tableId) {
        return sql.sql("SELECT * FROM millrace.table_relation WHERE table_id = ?")
                .param(tableId)
                .query(JdbcTableRelations::map)
                .optional();
    }

    @Override
    public void bind(long tableId, long oid) {
        sql.sql("""
                INSERT INTO millrace.table_relation (table_id, relation_oid) VALUES (?, ?)
                ON CONFLICT (table_id) DO UPDATE
                SET relation_oid = excluded.relation_oid, present_schema = NULL, present_name = NULL, partitions = NULL
                WHERE table_relation.relation_oid <> excluded.relation_oid
                """).params(tableId, oid).update();
    }

    @Override
    public void renamed(long tableId, @Nullable TableId name) {
        sql.sql("UPDATE millrace.table_relation SET present_schema = ?, present_name = ? WHERE table_id = ?")
                .params(Arrays.asList(name == null ? null : name.schema(), name == null ? null : name.table(), tableId))
                .update();
    }

    @Override
    public void partitions(long tableId, Set<String> leaves) {
        sql.sql("UPDATE millrace.table_relation SET partitions = ? WHERE table_id = ?")
                .params(leaves.toArray(String[]::new), tableId)
                .update();
    }

    @Override
    public void reread(long tableId, @Nullable String reason) {
        sql.sql("UPDATE millrace.table_relation SET reread_reason = ? WHERE table_id = ?")
                .params(Arrays.asList(reason, tableId))
                .update();
    }

    private static Relation map(ResultSet row, int number) throws SQLException {
        String schema = row.getString("present_schema");
        Array partitions = row.getArray("partitions");
        return new Relation(
                row.getLong("table_id"),
                row.getLong("relation_oid"),
                schema == null ? null : new TableId(schema, row.getString("present_name")),
                partitions == null ? null : Set.of((String[]) partitions.getArray()),
                row.getString("reread_reason"));
    }
}
