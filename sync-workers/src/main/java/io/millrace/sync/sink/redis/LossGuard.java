package io.millrace.sync.sink.redis;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.TableState;
import io.millrace.catalog.rebuild.RebuildRequest;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.catalog.rebuild.StoreMarkers;
import io.millrace.sync.sink.SinkException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Looks again and again whether Redis lost entries, one process at a time, and asks for them to come back. */
final class LossGuard implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(LossGuard.class);
    static final String SINK = "redis";
    /** No rebuild has this id: one process at a time looks. */
    private static final long CLAIM = 0;

    private final RedisAccess redis;
    private final RedisSink sink;
    private final Rebuilds rebuilds;
    private final PipelineCatalog catalog;
    private final Offsets offsets;
    private final Duration interval;
    private final LossCheck check;
    private @Nullable ScheduledExecutorService clock;
    private @Nullable String said;
    private Optional<String> evictions = Optional.empty();

    LossGuard(
            RedisAccess redis,
            RedisSink sink,
            Rebuilds rebuilds,
            StoreMarkers markers,
            PipelineCatalog catalog,
            Offsets offsets,
            Duration interval) {
        this.redis = redis;
        this.sink = sink;
        this.rebuilds = rebuilds;
        this.catalog = catalog;
        this.offsets = offsets;
        this.interval = interval;
        this.check = new LossCheck(SINK, markers, this::lost);
    }

    @Override
    public synchronized void start() {
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "sync-redis-guard");
            thread.setDaemon(true);
            return thread;
        });
        clock = started;
        var unused = started.scheduleWithFixedDelay(
                this::look, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void look() {
        try {
            Optional<Rebuilds.Claim> claim = rebuilds.claim(CLAIM);
            if (claim.isPresent()) {
                try (Rebuilds.Claim held = claim.get()) {
                    if (held.isHeld()) {
                        // stored before the marker is written, hence held by Redis if the marker is
                        Map<String, Map<Integer, Long>> reached = reached();
                        evictions = redis.with(link -> Optional.ofNullable(check.run(link, reached)));
                    }
                }
            }
            sink.complain(evictions.or(this::missing).orElse(null));
            said = null;
        } catch (SinkException | RuntimeException e) {
            // delivery waits for the same service, and says so
            String message = String.valueOf(e.getMessage());
            if (!message.equals(said)) {
                log.info("Whether Redis has lost entries cannot be told yet: {}", message);
            }
            said = message;
        } catch (Throwable e) {
            // thrown out of here it would end the looks for good
            if (!e.toString().equals(said)) {
                log.error("A look whether Redis has lost entries failed; the next follows", e);
            }
            said = e.toString();
        }
    }

    /** Says which tables lack entries for good, since what was to bring them back came to no end. */
    private Optional<String> missing() {
        return rebuilds.missing(SINK).stream().findFirst().map(lacking -> {
            String table = catalog.table(lacking.tableId())
                    .map(known -> known.source() + "." + known.table())
                    .orElse("table " + lacking.tableId());
            return "Entries of " + table + " are missing in Redis: bringing them back was "
                    + lacking.state().name().toLowerCase(Locale.ROOT)
                    + " (it began because: " + lacking.reason()
                    + "). Rebuild them on the page of the table's sink, or by POST"
                    + " /api/v1/sinks/redis/tables/" + lacking.tableId() + "/rebuild";
        });
    }

    private Map<String, Map<Integer, Long>> reached() {
        Map<String, Map<Integer, Long>> reached = new TreeMap<>();
        for (DeliveryOffset offset : offsets.deliveries(SINK)) {
            reached.computeIfAbsent(offset.topic(), topic -> new TreeMap<>())
                    .put(offset.partition(), offset.nextOffset());
        }
        return reached;
    }

    private void lost(String reason, Map<String, Map<Integer, Long>> held) {
        log.warn("{}: its entries are brought back", reason);
        for (CapturedTable table : catalog.tables()) {
            boolean bound =
                    table.sinks().stream().anyMatch(binding -> binding.sink().equals(SINK));
            if (bound && table.state() != TableState.PENDING && table.state() != TableState.REMOVING) {
                rebuilds.refill(RebuildRequest.refill(
                        table.id(), SINK, reason, held.getOrDefault(table.topic(), Map.of()), "millrace"));
            }
        }
    }

    @Override
    public synchronized void stop() {
        ScheduledExecutorService running = clock;
        clock = null;
        if (running != null) {
            running.shutdownNow();
            try {
                if (!running.awaitTermination(10, TimeUnit.SECONDS)) {
                    log.warn("The look at Redis does not end");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return clock != null;
    }
}
