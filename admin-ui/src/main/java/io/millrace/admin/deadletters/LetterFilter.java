package io.millrace.admin.deadletters;

import io.millrace.admin.web.Problem;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which dead letters are meant; what is null or blank does not restrict.
 *
 * @param topic of the table
 * @param key of the row: a value of a key column, or the whole key as a JSON object
 * @param q a part of the cause
 */
record LetterFilter(
        @Nullable String sink,
        @Nullable String state,
        @Nullable String topic,
        @Nullable String source,
        @Nullable String schema,
        @Nullable String table,
        @Nullable String key,
        @Nullable String q) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    static final List<String> STATES = List.of("OPEN", "WAITING", "RETRYING", "RETRIED", "SUPERSEDED", "DISCARDED");

    /** A condition with its parameters. */
    record Where(String sql, List<Object> values) {}

    Where where() {
        StringBuilder text = new StringBuilder("true");
        List<Object> values = new ArrayList<>();
        add(text, values, " AND sink = ?", sink);
        add(text, values, " AND state = ?", state);
        add(text, values, " AND topic = ?", topic);
        add(text, values, " AND source = ?", source);
        add(text, values, " AND schema_name = ?", schema);
        add(text, values, " AND table_name = ?", table);
        add(text, values, " AND position(lower(?) in lower(cause)) > 0", q);
        if (key != null && !key.isBlank()) {
            if (key.strip().startsWith("{")) {
                checkJson(key);
                text.append(" AND key = ?::jsonb");
            } else {
                text.append(" AND EXISTS (SELECT FROM jsonb_each_text(key) one WHERE one.value = ?)");
            }
            values.add(key.strip());
        }
        return new Where(text.toString(), values);
    }

    private static void checkJson(String key) {
        try {
            JSON.readTree(key);
        } catch (JacksonException e) {
            throw Problem.badRequest("The key '" + key
                    + "' begins like a JSON object and is none. Give one, or a value of a key column.");
        }
    }

    private static void add(StringBuilder text, List<Object> values, String condition, @Nullable String value) {
        if (value != null && !value.isBlank()) {
            text.append(condition);
            values.add(value.strip());
        }
    }
}
