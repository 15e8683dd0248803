package io.millrace.catalog;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/** The table {@code sink}. */
final class JdbcSinks {

    private static final String PUBLISH = """
            INSERT INTO millrace.sink (name, title, purpose, needs_key, remembers, remembers_what, remembers_setting)
            VALUES (?, ?, ?, ?, make_interval(secs => ?), ?, ?)
            ON CONFLICT (name) DO UPDATE
            SET title = excluded.title, purpose = excluded.purpose, needs_key = excluded.needs_key,
                remembers = excluded.remembers, remembers_what = excluded.remembers_what,
                remembers_setting = excluded.remembers_setting, published_at = now()
            """;

    /** Counted from the newest, not from now: while no worker runs, nothing is known to have changed. */
    private static final String SELECT = """
            SELECT name, title, purpose, needs_key, extract(epoch FROM remembers)::bigint AS seconds, remembers_what,
                remembers_setting
            FROM millrace.sink
            WHERE published_at > (SELECT max(published_at) FROM millrace.sink) - interval '10 minutes'
            ORDER BY name
            """;

    private final JdbcTemplate jdbc;

    JdbcSinks(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    void publish(List<SinkDescription> sinks) {
        jdbc.batchUpdate(PUBLISH, sinks.stream().map(JdbcSinks::values).toList());
    }

    private static @Nullable Object[] values(SinkDescription sink) {
        SinkDescription.Memory memory = sink.memory();
        return new @Nullable Object[] {
            sink.name(),
            sink.title(),
            sink.purpose(),
            sink.needsKey(),
            memory == null ? null : (double) memory.time().toSeconds(),
            memory == null ? null : memory.of(),
            memory == null ? null : memory.setting()
        };
    }

    List<SinkDescription> all() {
        return jdbc.query(SELECT, JdbcSinks::description);
    }

    private static SinkDescription description(ResultSet row, int number) throws SQLException {
        long seconds = row.getLong("seconds");
        return new SinkDescription(
                row.getString("name"),
                row.getString("title"),
                row.getString("purpose"),
                row.getBoolean("needs_key"),
                seconds == 0
                        ? null
                        : new SinkDescription.Memory(
                                Duration.ofSeconds(seconds),
                                row.getString("remembers_what"),
                                row.getString("remembers_setting")));
    }
}
