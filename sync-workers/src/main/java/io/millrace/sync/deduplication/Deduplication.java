package io.millrace.sync.deduplication;

import io.millrace.sync.sink.EffectSink;
import io.millrace.sync.sink.Memory;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** Makes the guards of the sinks of effects that this process runs. */
public final class Deduplication implements AutoCloseable {

    /** For the clocks and the way to the platform database: a claim is older than its try when that may go on at another worker. */
    private static final Duration MARGIN = Duration.ofSeconds(5);

    private final DataSource dataSource;
    private final JdbcTemplate jdbc;
    private final Duration retention;
    private final List<GatheringGuard> guards = new CopyOnWriteArrayList<>();
    /** This process, unlike any other. */
    private final String holder = UUID.randomUUID().toString();

    Deduplication(DataSource dataSource, Duration retention) {
        this.dataSource = dataSource;
        this.jdbc = new JdbcTemplate(dataSource);
        this.retention = retention;
    }

    /**
     * Returns since when effects are remembered, all of them: those of changes that were captured before may be forgotten. Later than the
     * retention asks for while that was raised a short time ago.
     *
     * @throws org.springframework.dao.DataAccessException if the platform database does not answer
     */
    public Instant since() {
        Instant since = Instant.now().minus(retention);
        return jdbc
                .queryForList("SELECT captured_before FROM millrace.deduplication_forgotten", Timestamp.class)
                .stream()
                .map(Timestamp::toInstant)
                .filter(since::isBefore)
                .findFirst()
                .orElse(since);
    }

    /** Returns the same as what sinks of effects remember. */
    Memory memory() {
        Duration remembered = Duration.between(since(), Instant.now());
        return new Memory(
                Duration.ofSeconds(Math.max(1, remembered.toSeconds())),
                "effects",
                "millrace.sync.deduplication.retention");
    }

    /** Makes the guard of a sink, one per process; works until this is closed. */
    public Guard guard(EffectSink sink) {
        Duration lease = sink.longestWrite().plus(MARGIN);
        GatheringGuard guard = new GatheringGuard(sink.name(), new Marks(dataSource, sink.name(), holder, lease));
        guards.add(guard);
        return guard;
    }

    @Override
    public void close() {
        guards.forEach(GatheringGuard::close);
    }
}
