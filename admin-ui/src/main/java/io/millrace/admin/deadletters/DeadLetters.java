package io.millrace.admin.deadletters;

import io.millrace.admin.web.Items;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.PipelineCatalog;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads the dead letters, newest first. */
@Component("adminDeadLetters")
class DeadLetters {

    private final JdbcClient sql;

    /** @param migrated there so that the table is before it is asked for */
    DeadLetters(JdbcTemplate template, PipelineCatalog migrated) {
        this.sql = JdbcClient.create(template);
    }

    Items<DeadLetter> page(@Nullable String sink, @Nullable String state, @Nullable String cursor, int limit) {
        StringBuilder text = new StringBuilder("SELECT * FROM millrace.dead_letter WHERE true");
        List<Object> values = new ArrayList<>();
        if (sink != null && !sink.isBlank()) {
            text.append(" AND sink = ?");
            values.add(sink);
        }
        if (state != null && !state.isBlank()) {
            text.append(" AND state = ?");
            values.add(state);
        }
        if (cursor != null && !cursor.isBlank()) {
            try {
                values.add(Long.parseLong(cursor));
                text.append(" AND id < ?");
            } catch (NumberFormatException e) {
                throw Problem.badRequest("The cursor '" + cursor + "' is none; begin again without it.");
            }
        }
        values.add(limit + 1);
        List<DeadLetter> found = sql.sql(text + " ORDER BY id DESC LIMIT ?")
                .params(values)
                .query(DeadLetters::letter)
                .list();
        return found.size() <= limit
                ? Items.all(found)
                : new Items<>(
                        List.copyOf(found.subList(0, limit)),
                        Long.toString(found.get(limit - 1).id()));
    }

    private static DeadLetter letter(ResultSet row, int number) throws SQLException {
        return new DeadLetter(
                row.getLong("id"),
                row.getString("sink"),
                row.getString("topic"),
                row.getInt("partition"),
                row.getLong("record_offset"),
                row.getString("source"),
                row.getString("schema_name"),
                row.getString("table_name"),
                row.getString("key"),
                row.getString("event_id"),
                row.getString("category"),
                row.getString("cause"),
                row.getString("detail"),
                row.getString("state"),
                row.getTimestamp("first_attempt_at").toInstant(),
                row.getTimestamp("last_attempt_at").toInstant(),
                row.getInt("occurrences"));
    }
}
