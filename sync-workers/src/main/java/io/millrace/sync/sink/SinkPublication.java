package io.millrace.sync.sink;

import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SinkDescription;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Tells the catalog which sinks this worker runs, so that pages offer them: adding a sink changes no page. */
final class SinkPublication implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(SinkPublication.class);
    private static final Duration INTERVAL = Duration.ofMinutes(1);
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final PipelineCatalog catalog;
    private final List<Sink> sinks;
    private final Memories memories;
    private @Nullable ScheduledExecutorService thread;
    private boolean failing;

    SinkPublication(PipelineCatalog catalog, List<Sink> sinks, Memories memories) {
        this.catalog = catalog;
        this.sinks = sinks;
        this.memories = memories;
    }

    private SinkDescription described(Sink sink) {
        Memory memory = memories.of(sink);
        return new SinkDescription(
                sink.name(),
                sink.title(),
                sink.purpose(),
                sink.needsKey(),
                memory == null ? null : new SinkDescription.Memory(memory.time(), memory.of(), memory.setting()));
    }

    @Override
    public synchronized void start() {
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread daemon = new Thread(task, "sync-sinks");
            daemon.setDaemon(true);
            return daemon;
        });
        thread = started;
        started.execute(() -> publish(started));
    }

    private void publish(ScheduledExecutorService again) {
        Duration next = INTERVAL;
        try {
            catalog.publishSinks(sinks.stream().map(this::described).toList());
            failing = false;
        } catch (RuntimeException e) {
            next = RETRY;
            if (!failing) {
                log.warn(
                        "The catalog cannot be told which sinks there are; tried again until it can: {}",
                        e.getMessage());
            }
            failing = true;
        } catch (Throwable e) {
            // thrown out of here nothing would be published any more
            next = RETRY;
            log.error("The catalog cannot be told which sinks there are; tried again", e);
        }
        if (!again.isShutdown()) {
            var unused = again.schedule(() -> publish(again), next.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public synchronized void stop() {
        ScheduledExecutorService running = thread;
        thread = null;
        if (running != null) {
            running.shutdownNow();
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return thread != null;
    }
}
