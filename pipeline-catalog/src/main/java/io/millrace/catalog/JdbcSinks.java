package io.millrace.catalog;

import java.util.List;
import org.springframework.jdbc.core.JdbcTemplate;

/** The table {@code sink}. */
final class JdbcSinks {

    private static final String PUBLISH = """
            INSERT INTO millrace.sink (name, title, purpose, needs_key) VALUES (?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE
            SET title = excluded.title, purpose = excluded.purpose, needs_key = excluded.needs_key, published_at = now()
            """;

    /** Counted from the newest, not from now: while no worker runs, nothing is known to have changed. */
    private static final String SELECT = """
            SELECT name, title, purpose, needs_key FROM millrace.sink
            WHERE published_at > (SELECT max(published_at) FROM millrace.sink) - interval '10 minutes'
            ORDER BY name
            """;

    private final JdbcTemplate jdbc;

    JdbcSinks(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    void publish(List<SinkDescription> sinks) {
        jdbc.batchUpdate(
                PUBLISH,
                sinks.stream()
                        .map(sink -> new Object[] {sink.name(), sink.title(), sink.purpose(), sink.needsKey()})
                        .toList());
    }

    List<SinkDescription> all() {
        return jdbc.query(
                SELECT,
                (row, number) -> new SinkDescription(
                        row.getString("name"),
                        row.getString("title"),
                        row.getString("purpose"),
                        row.getBoolean("needs_key")));
    }
}
