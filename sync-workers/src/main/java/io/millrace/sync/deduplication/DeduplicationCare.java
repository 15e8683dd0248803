package io.millrace.sync.deduplication;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.TableState;
import io.millrace.sync.sink.Memories;
import io.millrace.sync.sink.Memory;
import io.millrace.sync.sink.Sink;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Keeps what effects are remembered by in order, and says where what any sink remembers does not suffice. */
final class DeduplicationCare implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(DeduplicationCare.class);
    private static final long EVERY_SECONDS = 600;

    private final DeduplicationDays days;
    private final RetentionCheck retention;
    private final Memories memories;
    private final List<Sink> sinks;
    private final PipelineCatalog catalog;
    private @Nullable ScheduledExecutorService thread;

    DeduplicationCare(
            DeduplicationDays days,
            RetentionCheck retention,
            Memories memories,
            List<Sink> sinks,
            PipelineCatalog catalog) {
        this.days = days;
        this.retention = retention;
        this.memories = memories;
        this.sinks = sinks;
        this.catalog = catalog;
    }

    @Override
    public synchronized void start() {
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread created = new Thread(task, "sync-deduplication");
            created.setDaemon(true);
            return created;
        });
        thread = started;
        var unused = started.scheduleWithFixedDelay(this::care, 1, EVERY_SECONDS, TimeUnit.SECONDS);
    }

    private void care() {
        try {
            days.care(Instant.now());
            for (Sink sink : sinks) {
                Memory memory = memories.of(sink);
                if (memory != null) {
                    retention.look(sink.name(), memory, topics(sink.name()));
                }
            }
        } catch (RuntimeException e) {
            log.warn("What effects are remembered by could not be looked after; tried again: {}", e.getMessage());
        } catch (Throwable e) {
            // thrown out of here it would end the care for good
            log.error("What effects are remembered by could not be looked after; tried again", e);
        }
    }

    private Set<String> topics(String sink) {
        return catalog.tables().stream()
                .filter(table -> table.state() != TableState.PENDING
                        && table.sinks().stream()
                                .anyMatch(binding -> binding.sink().equals(sink)))
                .map(CapturedTable::topic)
                .collect(Collectors.toSet());
    }

    @Override
    public synchronized void stop() {
        if (thread != null) {
            thread.shutdownNow();
            thread = null;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return thread != null;
    }
}
