package io.millrace.sync.delivery;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.deadletter.Standing;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Starts and stops delivery to all sinks, and keeps it to what the catalog says. */
final class Deliveries implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Deliveries.class);
    private static final Duration CHECK_INTERVAL = Duration.ofSeconds(5);
    private static final Duration TOPICS_INTERVAL = Duration.ofSeconds(1);

    private final PipelineCatalog catalog;
    private final Offsets offsets;
    private final DeadLetters deadLetters;
    private final List<Lane> lanes;
    private final CurrentTopics topics;
    private final DeliveryProperties properties;
    private @Nullable ScheduledExecutorService threads;
    private boolean catalogFailing;

    Deliveries(
            PipelineCatalog catalog,
            Offsets offsets,
            DeadLetters deadLetters,
            List<Lane> lanes,
            CurrentTopics topics,
            DeliveryProperties properties) {
        this.catalog = catalog;
        this.offsets = offsets;
        this.deadLetters = deadLetters;
        this.lanes = lanes;
        this.topics = topics;
        this.properties = properties;
    }

    Map<String, SinkHealth> health() {
        Map<String, SinkHealth> all = new LinkedHashMap<>();
        lanes.forEach(lane -> all.put(lane.sink(), lane.health()));
        return all;
    }

    /** Returns the way to a sink as its consumers know it now; null where there is none. */
    @Nullable
    Route route(String sink, String topic) {
        return lanes.stream()
                .filter(lane -> lane.sink().equals(sink))
                .findFirst()
                .map(lane -> lane.route(topic))
                .orElse(null);
    }

    @Override
    public synchronized void start() {
        var started = Executors.newScheduledThreadPool(2 + lanes.size(), task -> {
            Thread thread = new Thread(task, "sync-catalog");
            thread.setDaemon(true);
            return thread;
        });
        threads = started;
        lanes.forEach(Lane::start);
        var unused = started.scheduleWithFixedDelay(
                this::look, 0, properties.catalogInterval().toMillis(), TimeUnit.MILLISECONDS);
        unused = started.scheduleWithFixedDelay(topics::look, 0, TOPICS_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        for (Lane lane : lanes) {
            unused = started.scheduleWithFixedDelay(lane::check, 0, CHECK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void look() {
        try {
            long askedAt = System.nanoTime();
            List<CapturedTable> tables = catalog.tables();
            if (catalogFailing) {
                log.info("The catalog answers again");
                catalogFailing = false;
            }
            // before anything else is asked: delivery waits where this is old
            lanes.forEach(lane -> lane.told(tables, askedAt));
            List<DeliveryOffset> rewound = offsets.rewound();
            List<Standing> standing = deadLetters.standing();
            lanes.forEach(lane -> lane.noticed(rewound, standing));
        } catch (RuntimeException e) {
            if (!catalogFailing) {
                log.warn("The catalog does not answer; delivery waits for it: {}", e.getMessage());
                catalogFailing = true;
            }
        } catch (Throwable e) {
            // thrown out of here it would end the looks for good, without a word, and all delivery with them
            if (!catalogFailing) {
                log.error("A look at the catalog failed; delivery waits for the next", e);
                catalogFailing = true;
            }
        }
    }

    @Override
    public synchronized void stop() {
        ScheduledExecutorService running = threads;
        threads = null;
        if (running == null) {
            return;
        }
        running.shutdown();
        try {
            if (!running.awaitTermination(10, TimeUnit.SECONDS)) {
                running.shutdownNow();
            }
        } catch (InterruptedException e) {
            running.shutdownNow();
            Thread.currentThread().interrupt();
        }
        // all at once: each waits for the batch that it is writing
        List<Lane.Stopping> stopping =
                lanes.stream().map(Lane::stop).filter(Objects::nonNull).toList();
        for (Lane.Stopping one : stopping) {
            try {
                one.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        topics.close();
    }

    @Override
    public synchronized boolean isRunning() {
        return threads != null;
    }
}
