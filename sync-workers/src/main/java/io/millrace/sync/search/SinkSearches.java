package io.millrace.sync.search;

import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/** Looks for searches to be made, one thread per sink: a slow one holds up no other. */
final class SinkSearches implements SmartLifecycle {

    private static final long LOOK_MILLIS = 500;

    private final List<SinkSearch> searches;
    private @Nullable ScheduledExecutorService threads;

    SinkSearches(List<SinkSearch> searches) {
        this.searches = List.copyOf(searches);
    }

    @Override
    public synchronized void start() {
        ScheduledExecutorService started = Executors.newScheduledThreadPool(Math.max(1, searches.size()), task -> {
            Thread thread = new Thread(task, "sync-search");
            thread.setDaemon(true);
            return thread;
        });
        threads = started;
        for (SinkSearch search : searches) {
            var unused = started.scheduleWithFixedDelay(search::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** What is being searched is begun anew by the next worker: a search changes nothing. */
    @Override
    public synchronized void stop() {
        ScheduledExecutorService running = threads;
        threads = null;
        if (running != null) {
            running.shutdownNow();
            try {
                running.awaitTermination(5, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return threads != null;
    }
}
