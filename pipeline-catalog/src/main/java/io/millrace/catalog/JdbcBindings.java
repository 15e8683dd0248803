package io.millrace.catalog;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Which sinks a table goes to. */
final class JdbcBindings {

    private static final StateUpdate STATE = StateUpdate.of("millrace.sink_binding", "table_id = ? AND sink = ?");
    private static final StateUpdate REOPEN =
            StateUpdate.of("millrace.sink_binding", "table_id = ? AND sink = ? AND state = 'FAILED'");

    private final JdbcClient sql;

    JdbcBindings(JdbcClient sql) {
        this.sql = sql;
    }

    List<SinkBinding> all() {
        // a list: JdbcClient's own stream keeps its connection until it is closed
        return sql.sql("SELECT * FROM millrace.sink_binding ORDER BY sink")
                .query(JdbcBindings::map)
                .list();
    }

    List<SinkBinding> of(long tableId) {
        return sql.sql("SELECT * FROM millrace.sink_binding WHERE table_id = ? ORDER BY sink")
                .param(tableId)
                .query(JdbcBindings::map)
                .list();
    }

    /** Adds a binding, shaped from the beginning where a shaping is given. */
    void add(long tableId, String sink, @Nullable String shaping, String by) {
        int version = shaping == null ? 0 : 1;
        sql.sql(
                        "INSERT INTO millrace.sink_binding (table_id, sink, shaping, shaping_version) VALUES (?, ?, ?::jsonb, ?)")
                .params(Arrays.asList(tableId, sink, shaping, version))
                .update();
        if (shaping != null) {
            sql.sql(JdbcShapings.KEEP)
                    .params(Arrays.asList(sink, version, shaping, by, tableId))
                    .update();
        }
    }

    /** Returns whether there is such a binding. */
    boolean state(long tableId, String sink, BindingState state, @Nullable String message) {
        boolean found = STATE.note(sql, state, message, tableId, sink);
        if (state == BindingState.ACTIVE) {
            resolveAlerts(tableId, sink);
        }
        return found;
    }

    boolean reopen(long tableId, String sink) {
        boolean reopened = REOPEN.note(sql, BindingState.ACTIVE, null, tableId, sink);
        if (reopened) {
            resolveAlerts(tableId, sink);
        }
        return reopened;
    }

    /** Whoever opened a binding takes its troubles for mended; what is not is raised again. */
    private void resolveAlerts(long tableId, String sink) {
        sql.sql("UPDATE millrace.alert SET resolved_at = now() WHERE table_id = ? AND sink = ? AND resolved_at IS NULL")
                .params(tableId, sink)
                .update();
    }

    void options(long tableId, String sink, String options) {
        sql.sql("UPDATE millrace.sink_binding SET options = ?::jsonb WHERE table_id = ? AND sink = ?")
                .param(options)
                .param(tableId)
                .param(sink)
                .update();
    }

    private static SinkBinding map(ResultSet row, int number) throws SQLException {
        return new SinkBinding(
                row.getLong("table_id"),
                row.getString("sink"),
                BindingState.valueOf(row.getString("state")),
                row.getString("message"),
                row.getTimestamp("state_since").toInstant(),
                row.getString("options"),
                row.getString("shaping"),
                row.getInt("shaping_version"));
    }
}
