package io.millrace.catalog;

import io.millrace.catalog.Alert.Severity;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;

final class JdbcAlerts implements Alerts {

    private final JdbcClient sql;

    JdbcAlerts(JdbcClient sql) {
        this.sql = sql;
    }

    @Override
    public boolean raise(Trouble trouble) {
        int occurrences = sql.sql("""
                INSERT INTO millrace.alert (name, severity, subject, source, table_id, sink, message, way_out)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (name, subject) WHERE resolved_at IS NULL DO UPDATE
                SET severity = excluded.severity, message = excluded.message, way_out = excluded.way_out,
                    table_id = excluded.table_id, occurrences = alert.occurrences + 1, last_raised_at = now()
                RETURNING occurrences
                """)
                .params(Arrays.asList(
                        trouble.name(),
                        trouble.severity().name(),
                        trouble.subject(),
                        trouble.source(),
                        trouble.tableId(),
                        trouble.sink(),
                        trouble.message(),
                        trouble.wayOut()))
                .query(Integer.class)
                .single();
        return occurrences == 1;
    }

    @Override
    public boolean resolve(String name, String subject) {
        return sql.sql(
                                "UPDATE millrace.alert SET resolved_at = now() WHERE name = ? AND subject = ? AND resolved_at IS NULL")
                        .params(name, subject)
                        .update()
                > 0;
    }

    @Override
    public Optional<Alert> dismiss(long id, String by) {
        return sql.sql("""
                UPDATE millrace.alert
                SET resolved_at = coalesce(resolved_at, now()),
                    resolved_by = CASE WHEN resolved_at IS NULL THEN ? ELSE resolved_by END
                WHERE id = ? RETURNING *
                """).params(by, id).query(JdbcAlerts::map).optional();
    }

    @Override
    public List<Alert> open() {
        return sql.sql("SELECT * FROM millrace.alert WHERE resolved_at IS NULL ORDER BY severity, id DESC")
                .query(JdbcAlerts::map)
                .list();
    }

    @Override
    public List<Alert> recent(int limit) {
        return sql.sql("SELECT * FROM millrace.alert ORDER BY id DESC LIMIT ?")
                .param(limit)
                .query(JdbcAlerts::map)
                .list();
    }

    private static Alert map(ResultSet row, int number) throws SQLException {
        return new Alert(
                row.getLong("id"),
                row.getString("name"),
                Severity.valueOf(row.getString("severity")),
                row.getString("subject"),
                row.getString("source"),
                (Long) row.getObject("table_id"),
                row.getString("sink"),
                row.getString("message"),
                row.getString("way_out"),
                row.getInt("occurrences"),
                row.getTimestamp("raised_at").toInstant(),
                row.getTimestamp("last_raised_at").toInstant(),
                JdbcOffsets.instant(row, "resolved_at"),
                row.getString("resolved_by"));
    }
}
