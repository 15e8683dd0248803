package io.millrace.sync.deduplication;

import io.millrace.sync.sink.Memory;
import io.millrace.sync.sink.Sink;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * For how long sinks of states remember: as long as they are set to, but where that was raised, what they were given before is forgotten as
 * soon as it was to be when they were given it.
 */
final class StateMemories {

    /** What was raised before, and did not hold for everything yet, does not count for more than it did by then. */
    private static final String NOTE = """
            INSERT INTO millrace.sink_memory AS m (sink, remembers, before, raised_at)
            VALUES (?, make_interval(secs => ?), make_interval(secs => ?), now())
            ON CONFLICT (sink) DO UPDATE
            SET remembers = excluded.remembers,
                before = CASE WHEN excluded.remembers > m.remembers
                              THEN least(m.remembers, greatest(m.before, now() - m.raised_at))
                              ELSE least(m.before, excluded.remembers) END,
                raised_at = CASE WHEN excluded.remembers > m.remembers THEN now() ELSE m.raised_at END
            RETURNING extract(epoch FROM least(remembers, greatest(before, now() - raised_at)))::bigint
            """;

    private final JdbcTemplate jdbc;

    StateMemories(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** Returns what a sink remembers now, and takes note of what it is set to; null where it forgets nothing. */
    @Nullable
    Memory of(Sink sink) {
        Memory set = sink.memory();
        return set == null ? null : of(sink.name(), set);
    }

    Memory of(String sink, Memory set) {
        double seconds = set.time().toSeconds();
        Long remembered = jdbc.queryForObject(NOTE, Long.class, sink, seconds, seconds);
        return new Memory(remembered == null ? set.time() : Duration.ofSeconds(remembered), set.of(), set.setting());
    }
}
