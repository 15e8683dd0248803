package io.millrace.sync.deduplication;

import io.millrace.sync.sink.EffectSink;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;

/** Makes the guards of the sinks of effects that this process runs. */
public final class Deduplication implements AutoCloseable {

    /** For the clocks and the way to the platform database: a claim is older than its try when that may go on at another worker. */
    private static final Duration MARGIN = Duration.ofSeconds(5);

    private final DataSource dataSource;
    private final Duration retention;
    private final List<GatheringGuard> guards = new CopyOnWriteArrayList<>();
    /** This process, unlike any other. */
    private final String holder = UUID.randomUUID().toString();

    Deduplication(DataSource dataSource, Duration retention) {
        this.dataSource = dataSource;
        this.retention = retention;
    }

    /** Returns how long an effect is remembered, from when its change was captured. */
    public Duration retention() {
        return retention;
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
