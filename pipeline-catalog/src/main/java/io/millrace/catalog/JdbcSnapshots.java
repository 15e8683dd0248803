package io.millrace.catalog;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** The snapshots of tables: asked for, under way, ended. */
final class JdbcSnapshots {

    private final JdbcClient sql;
    private final TransactionTemplate transaction;

    JdbcSnapshots(JdbcClient sql, TransactionTemplate transaction) {
        this.sql = sql;
        this.transaction = transaction;
    }

    Optional<TableSnapshot> newest(long tableId) {
        return sql.sql("SELECT * FROM millrace.table_snapshot WHERE table_id = ? ORDER BY id DESC LIMIT 1")
                .param(tableId)
                .query(JdbcSnapshots::map)
                .optional();
    }

    List<TableSnapshot> open() {
        return sql.sql("SELECT * FROM millrace.table_snapshot WHERE state IN ('REQUESTED', 'RUNNING') ORDER BY id")
                .query(JdbcSnapshots::map)
                .list();
    }

    TableSnapshot request(long tableId, String by) {
        return Objects.requireNonNull(transaction.execute(status -> {
            sql.sql("SELECT id FROM millrace.captured_table WHERE id = ? FOR UPDATE")
                    .param(tableId)
                    .query(Long.class)
                    .single();
            Optional<TableSnapshot> open = newest(tableId)
                    .filter(last -> last.state() == SnapshotState.REQUESTED || last.state() == SnapshotState.RUNNING);
            return open.orElseGet(() -> sql.sql(
                            "INSERT INTO millrace.table_snapshot (table_id, requested_by) VALUES (?, ?) RETURNING *")
                    .params(Arrays.asList(tableId, by))
                    .query(JdbcSnapshots::map)
                    .single());
        }));
    }

    void progress(long id, long rowsDone, @Nullable Long rowsEstimated, @Nullable String lastKey) {
        sql.sql("""
                UPDATE millrace.table_snapshot
                SET state = 'RUNNING', started_at = coalesce(started_at, now()), rows_done = ?,
                    rows_estimated = coalesce(?, rows_estimated), last_key = coalesce(?::jsonb, last_key)
                WHERE id = ? AND state IN ('REQUESTED', 'RUNNING')
                """).params(Arrays.asList(rowsDone, rowsEstimated, lastKey, id)).update();
    }

    void ended(long id, SnapshotState state, @Nullable String message) {
        sql.sql("UPDATE millrace.table_snapshot SET state = ?, message = ?, finished_at = now() WHERE id = ?")
                .params(Arrays.asList(state.name(), message, id))
                .update();
    }

    private static TableSnapshot map(ResultSet row, int number) throws SQLException {
        return new TableSnapshot(
                row.getLong("id"),
                row.getLong("table_id"),
                SnapshotState.valueOf(row.getString("state")),
                row.getLong("rows_done"),
                (Long) row.getObject("rows_estimated"),
                row.getString("last_key"),
                row.getString("message"),
                row.getTimestamp("requested_at").toInstant(),
                JdbcOffsets.instant(row, "started_at"),
                JdbcOffsets.instant(row, "finished_at"));
    }
}
