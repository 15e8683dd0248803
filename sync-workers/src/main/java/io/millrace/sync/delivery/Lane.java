package io.millrace.sync.delivery;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Shapings;
import io.millrace.sync.deadletter.Standing;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One sink's delivery. Its consumers are started and stopped in a thread of its own: that may take as long as the sink hangs, and the
 * others must not wait for it.
 */
final class Lane {

    private static final Logger log = LoggerFactory.getLogger(Lane.class);

    private final Sink sink;
    private final Consumers consumers;
    private final SinkHealth health;
    private final DeliveryMetrics metrics;
    private @Nullable ExecutorService thread;
    private boolean asked;

    Lane(Sink sink, Consumers consumers, SinkHealth health, DeliveryMetrics metrics) {
        this.sink = sink;
        this.consumers = consumers;
        this.health = health;
        this.metrics = metrics;
    }

    String sink() {
        return sink.name();
    }

    SinkHealth health() {
        return health;
    }

    /** Returns the way of a topic to the sink as its consumers know it now; null where there is none. */
    @Nullable
    Route route(String topic) {
        return consumers.routes().get(topic);
    }

    synchronized void start() {
        thread = Executors.newSingleThreadExecutor(task -> {
            Thread created = new Thread(task, "sync-" + sink.name() + "-lane");
            created.setDaemon(true);
            return created;
        });
    }

    /** Takes what the catalog says of tables, and returns at once. */
    void told(List<CapturedTable> tables, long askedAt) {
        try {
            consumers.told(Route.of(sink.name(), tables), askedAt);
            if (System.nanoTime() - askedAt < Shapings.HOLDS_AFTER.toNanos()) {
                health.looked();
            }
        } catch (RuntimeException | Error e) {
            failed("Delivery to " + sink.name() + " cannot follow the catalog", e);
        }
        synchronized (this) {
            if (thread != null && !asked) {
                asked = true;
                thread.execute(this::tend);
            }
        }
    }

    /** Takes what people asked for, and returns at once. */
    void noticed(List<DeliveryOffset> rewound, List<Standing> standing) {
        Notices notices = Notices.of(sink.name(), rewound, standing);
        metrics.unsettled(notices.unsettled());
        consumers.noticed(notices);
    }

    private void tend() {
        synchronized (this) {
            asked = false;
            if (thread == null) {
                return;
            }
        }
        try {
            consumers.tend();
        } catch (RuntimeException | Error e) {
            failed("Delivery to " + sink.name() + " cannot be started", e);
        }
    }

    private void failed(String what, Throwable e) {
        if (health.ended(what + ": " + e)) {
            log.error("{}; tried again", what, e);
        }
    }

    /** Asks the sink's service whether it answers. */
    void check() {
        try {
            sink.check();
            health.checked(null);
        } catch (SinkException e) {
            health.checked(e.getMessage());
        } catch (Throwable e) {
            // thrown out of here it would end the checks for good
            health.checked("The check of " + sink.name() + " failed: " + e);
        }
    }

    /** Begins to stop; nothing is started any more. Returns what to wait for; null if it does not run. */
    synchronized @Nullable Stopping stop() {
        ExecutorService running = thread;
        thread = null;
        if (running == null) {
            return null;
        }
        running.execute(consumers::stop);
        running.shutdown();
        // all that is done in it ends by itself
        return () -> running.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    }

    /** What takes its time to end. */
    interface Stopping {
        boolean await() throws InterruptedException;
    }
}
