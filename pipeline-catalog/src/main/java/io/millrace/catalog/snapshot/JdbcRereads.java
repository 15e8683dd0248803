package io.millrace.catalog.snapshot;

import io.millrace.event.RowKey;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The requests in {@code millrace.reread}. */
public final class JdbcRereads implements Rereads {

    private final JdbcClient sql;

    public JdbcRereads(JdbcTemplate template) {
        this.sql = JdbcClient.create(template);
    }

    @Override
    public void request(long tableId, Collection<Doubt> rows, @Nullable Long snapshotId, String by) {
        if (rows.isEmpty()) {
            return;
        }
        // sorted, so that two who ask for the same rows cannot wait for each other
        Map<String, Doubt> byKey = new TreeMap<>();
        rows.forEach(row -> byKey.put(row.key().json(), row));
        sql.sql("""
                INSERT INTO millrace.reread (table_id, key, held, snapshot_id, requested_by)
                SELECT t.id, r.key, r.held, (SELECT id FROM millrace.table_snapshot WHERE id = ?), ?
                FROM millrace.captured_table t, unnest(?::text[], ?::text[]) AS r (key, held)
                WHERE t.id = ?
                ON CONFLICT (table_id, md5(key), md5(coalesce(held, '')), coalesce(snapshot_id, 0))
                DO UPDATE SET asked = reread.asked + 1
                """)
                .params(Arrays.asList(
                        snapshotId,
                        by,
                        byKey.keySet().toArray(String[]::new),
                        byKey.values().stream().map(Doubt::held).toArray(String[]::new),
                        tableId))
                .update();
    }

    @Override
    public List<Long> tables(String source) {
        return sql.sql("""
                SELECT t.id FROM millrace.captured_table t
                WHERE t.source = ? AND EXISTS (SELECT FROM millrace.reread r WHERE r.table_id = t.id)
                ORDER BY t.id
                """).param(source).query(Long.class).list();
    }

    @Override
    public List<Reread> next(long tableId, int limit) {
        return sql.sql(
                        "SELECT id, key, held, snapshot_id, asked FROM millrace.reread WHERE table_id = ? ORDER BY id LIMIT ?")
                .params(tableId, limit)
                .query((row, number) -> new Reread(
                        row.getLong("id"),
                        new RowKey(row.getString("key")),
                        row.getString("held"),
                        (Long) row.getObject("snapshot_id"),
                        row.getInt("asked")))
                .list();
    }

    @Override
    public void answered(Collection<Reread> requests) {
        sql.sql("""
                DELETE FROM millrace.reread r USING unnest(?::bigint[], ?::int[]) AS a (id, asked)
                WHERE r.id = a.id AND r.asked = a.asked
                """)
                .params(
                        requests.stream().map(Reread::id).toArray(Long[]::new),
                        requests.stream().map(Reread::asked).toArray(Integer[]::new))
                .update();
    }

    @Override
    public long open(long tableId) {
        return sql.sql("SELECT count(*) FROM millrace.reread WHERE table_id = ?")
                .param(tableId)
                .query(Long.class)
                .single();
    }

    @Override
    public long newest() {
        return sql.sql(
                        "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('millrace.reread', 'id')::regclass), 0)")
                .query(Long.class)
                .single();
    }

    @Override
    public List<OpenRereads> openUpTo(long id) {
        return sql.sql("""
                SELECT t.source, t.schema_name, t.table_name, count(*) AS rows
                FROM millrace.reread r JOIN millrace.captured_table t ON t.id = r.table_id
                WHERE r.id <= ? GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
                """)
                .param(id)
                .query((row, number) -> new OpenRereads(
                        row.getString("source"),
                        row.getString("schema_name"),
                        row.getString("table_name"),
                        row.getLong("rows")))
                .list();
    }
}
