package io.millrace.admin.deadletters;

import io.millrace.admin.web.Items;
import io.millrace.admin.web.Problem;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Reads the dead letters, newest first; masked as their sinks' bindings are by now. */
@Component("adminDeadLetters")
class DeadLetters {

    private static final String COLUMNS =
            "id, sink, topic, partition, record_offset, source, schema_name, table_name, key, event_id, category, cause, detail,"
                    + " state, first_attempt_at, last_attempt_at, occurrences, decided_by, decided_at, reason,"
                    + " ARRAY(SELECT jsonb_object_keys(masks)) AS masked, ";

    private final JdbcClient sql;
    private final LetterMasks masks;

    DeadLetters(JdbcTemplate template, LetterMasks masks) {
        this.sql = JdbcClient.create(template);
        this.masks = masks;
    }

    Items<DeadLetter> page(LetterFilter filter, @Nullable String cursor, int limit) {
        masks.apply();
        LetterFilter.Where where = filter.where();
        String text = "SELECT " + COLUMNS + "NULL AS payload FROM millrace.dead_letter WHERE " + where.sql();
        List<Object> values = new ArrayList<>(where.values());
        if (cursor != null && !cursor.isBlank()) {
            try {
                values.add(Long.parseLong(cursor));
                text += " AND id < ?";
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

    /** Returns one with its payload. */
    DeadLetter find(long id) {
        masks.apply();
        return sql.sql("SELECT " + COLUMNS + "payload FROM millrace.dead_letter WHERE id = ?")
                .param(id)
                .query(DeadLetters::letter)
                .optional()
                .orElseThrow(() -> Problem.notFound("Dead letter", "There is no dead letter with the id " + id + "."));
    }

    /** Returns the first letter of the same row that is not settled; null where there is none before it. */
    @Nullable
    DeadLetter before(DeadLetter letter) {
        return sql.sql("SELECT " + COLUMNS + "NULL AS payload FROM millrace.dead_letter e"
                        + " WHERE (sink, topic, partition, key_hash) ="
                        + " (SELECT sink, topic, partition, key_hash FROM millrace.dead_letter WHERE id = ?)"
                        + " AND record_offset < ? AND state IN ('OPEN', 'RETRYING') ORDER BY record_offset LIMIT 1")
                .params(letter.id(), letter.offset())
                .query(DeadLetters::letter)
                .optional()
                .orElse(null);
    }

    /** Returns how many match and are open. */
    long open(LetterFilter filter) {
        LetterFilter.Where where = filter.where();
        return sql.sql("SELECT count(*) FROM millrace.dead_letter WHERE state = 'OPEN' AND " + where.sql())
                .params(where.values())
                .query(Long.class)
                .single();
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
                row.getString("payload"),
                List.of((String[]) row.getArray("masked").getArray()),
                row.getString("state"),
                row.getTimestamp("first_attempt_at").toInstant(),
                row.getTimestamp("last_attempt_at").toInstant(),
                row.getInt("occurrences"),
                row.getString("decided_by"),
                instant(row.getTimestamp("decided_at")),
                row.getString("reason"));
    }

    private static @Nullable Instant instant(@Nullable Timestamp time) {
        return time == null ? null : time.toInstant();
    }
}
