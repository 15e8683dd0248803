package io.millrace.sync.rebuild;

import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.sync.sink.RebuildableSink;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Looks in the catalog for rebuilds and works on those that no other process has. */
final class Rebuilder implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Rebuilder.class);

    private final Map<String, RebuildableSink> sinks;
    private final PipelineCatalog catalog;
    private final Rebuilds rebuilds;
    private final Feeding feeding;
    private final FeedWithSnapshot withSnapshot;
    private final RebuildProperties properties;
    private final Set<Long> working = ConcurrentHashMap.newKeySet();
    private @Nullable ScheduledExecutorService clock;
    private @Nullable ExecutorService workers;
    private volatile boolean failing;

    Rebuilder(
            Map<String, RebuildableSink> sinks,
            PipelineCatalog catalog,
            Rebuilds rebuilds,
            Feeding feeding,
            FeedWithSnapshot withSnapshot,
            RebuildProperties properties) {
        this.sinks = Map.copyOf(sinks);
        this.catalog = catalog;
        this.rebuilds = rebuilds;
        this.feeding = feeding;
        this.withSnapshot = withSnapshot;
        this.properties = properties;
    }

    @Override
    public synchronized void start() {
        AtomicInteger number = new AtomicInteger();
        ExecutorService pool = Executors.newFixedThreadPool(
                properties.concurrency(), task -> thread(task, "sync-rebuild-" + number.incrementAndGet()));
        ScheduledExecutorService ticks =
                Executors.newSingleThreadScheduledExecutor(task -> thread(task, "sync-rebuild-look"));
        workers = pool;
        clock = ticks;
        var unused = ticks.scheduleWithFixedDelay(
                () -> look(pool), 0, properties.interval().toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Thread thread(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    private void look(ExecutorService pool) {
        try {
            for (Rebuild rebuild : rebuilds.open()) {
                RebuildableSink sink = sinks.get(rebuild.sink());
                if (sink != null && working.add(rebuild.id())) {
                    pool.execute(() -> work(rebuild.id(), sink));
                }
            }
            failing = false;
        } catch (RuntimeException e) {
            if (!failing) {
                log.warn("The catalog does not say what is to be rebuilt: {}", e.getMessage());
            }
            failing = true;
        } catch (Throwable e) {
            // thrown out of here it would end the looks for good
            log.error("A look for rebuilds failed; the next follows", e);
        }
    }

    private void work(long id, RebuildableSink sink) {
        try {
            Optional<Rebuilds.Claim> claimed = rebuilds.claim(id);
            if (claimed.isEmpty()) {
                return;
            }
            try (Rebuilds.Claim claim = claimed.get()) {
                RebuildRun run = new RebuildRun(sink, catalog, rebuilds, feeding, withSnapshot, claim, id);
                while (run.step() && !Thread.currentThread().isInterrupted()) {
                    // the next step
                }
            }
        } catch (RuntimeException e) {
            log.warn("Rebuild {} does not get on, tried again: {}", id, e.toString());
            noteQuietly(id, e);
        } catch (Throwable e) {
            log.error("Rebuild {} does not get on, tried again", id, e);
        } finally {
            working.remove(id);
        }
    }

    private void noteQuietly(long id, RuntimeException fault) {
        try {
            rebuilds.message(id, "Waits: " + fault.getMessage());
        } catch (RuntimeException e) {
            log.debug("What rebuild {} waits for cannot be noted", id, e);
        }
    }

    @Override
    public synchronized void stop() {
        ScheduledExecutorService ticks = clock;
        ExecutorService pool = workers;
        clock = null;
        workers = null;
        if (ticks == null || pool == null) {
            return;
        }
        ticks.shutdownNow();
        pool.shutdownNow();
        try {
            if (!pool.awaitTermination(20, TimeUnit.SECONDS)) {
                log.warn("A rebuild does not stop; it goes on elsewhere once this process ends");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return clock != null;
    }
}
