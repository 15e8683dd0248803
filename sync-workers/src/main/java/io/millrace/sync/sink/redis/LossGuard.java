package io.millrace.sync.sink.redis;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.TableState;
import io.millrace.catalog.rebuild.RebuildRequest;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.catalog.rebuild.StoreMarker;
import io.millrace.sync.sink.SinkException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Notices that Redis lost entries, and asks for them to come back.
 *
 * <p>Each part of Redis holds a marker that says how far delivery was when it was written. No marker, or another one: everything was
 * lost (FLUSHALL, a restart without persistence, another server). The marker under another run of the server: what was written behind
 * it may be lost, since a server that starts again, or a replica that takes over, holds a prefix of what was written. More evictions
 * than were dealt with: any entry may be missing.
 */
final class LossGuard implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(LossGuard.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String SINK = "redis";
    /** No part of Redis: the name of this platform database. */
    private static final String INSTALLATION = "installation";
    /** No rebuild has this id: one process at a time looks. */
    private static final long CLAIM = 0;
    /** Above it, what is brought back would only throw out other entries. */
    private static final double ROOM = 0.8;

    private final RedisAccess redis;
    private final RedisSink sink;
    private final Rebuilds rebuilds;
    private final PipelineCatalog catalog;
    private final Offsets offsets;
    private final Duration interval;
    private @Nullable ScheduledExecutorService clock;
    private @Nullable String said;

    /** What a marker holds: its identity, and offsets by topic and partition below which everything was in Redis. */
    private record Marker(String id, Map<String, Map<Integer, Long>> offsets) {}

    LossGuard(
            RedisAccess redis,
            RedisSink sink,
            Rebuilds rebuilds,
            PipelineCatalog catalog,
            Offsets offsets,
            Duration interval) {
        this.redis = redis;
        this.sink = sink;
        this.rebuilds = rebuilds;
        this.catalog = catalog;
        this.offsets = offsets;
        this.interval = interval;
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
                        sink.complain(redis.with(link -> Optional.ofNullable(look(link, reached)))
                                .orElse(null));
                    }
                }
            }
            said = null;
        } catch (SinkException | RuntimeException e) {
            // delivery waits for the same service, and says so
            String message = String.valueOf(e.getMessage());
            if (!message.equals(said)) {
                log.info("Whether Redis has lost entries cannot be told yet: {}", message);
            }
            said = message;
        }
    }

    private Map<String, Map<Integer, Long>> reached() {
        Map<String, Map<Integer, Long>> reached = new TreeMap<>();
        for (DeliveryOffset offset : offsets.deliveries(SINK)) {
            reached.computeIfAbsent(offset.topic(), topic -> new TreeMap<>())
                    .put(offset.partition(), offset.nextOffset());
        }
        return reached;
    }

    private @Nullable String look(Link link, Map<String, Map<Integer, Long>> reached)
            throws ExecutionException, InterruptedException, TimeoutException {
        Map<String, StoreMarker> known = new HashMap<>();
        rebuilds.markers(SINK).forEach(marker -> known.put(marker.place(), marker));
        StoreMarker own = known.get(INSTALLATION);
        if (own == null) {
            own = new StoreMarker(SINK, INSTALLATION, UUID.randomUUID().toString(), "", 0);
            rebuilds.marker(own);
        }
        String complaint = null;
        for (Node node : Node.all(link, own.marker())) {
            String one = look(link, node, known.get(node.place()), reached);
            complaint = one == null ? complaint : one;
        }
        return complaint;
    }

    private @Nullable String look(
            Link link, Node node, @Nullable StoreMarker known, Map<String, Map<Integer, Long>> reached)
            throws ExecutionException, InterruptedException, TimeoutException {
        Map<String, String> info = node.info(link);
        String run = info.getOrDefault("run_id", "");
        long evicted = Long.parseLong(info.getOrDefault("evicted_keys", "0"));
        Marker held = marker(link.one(all -> all.get(node.markerKey())));
        if (known == null) {
            write(link, node, new Marker(UUID.randomUUID().toString(), reached), run, evicted);
            return null;
        }
        boolean sameRun = known.run().equals(run);
        if (sameRun && evicted > known.evicted()) {
            return evicted(link, node, info, evicted, reached);
        }
        if (held == null || !held.id().equals(known.marker())) {
            lost("Redis (" + node.place() + ") was emptied, or is another one", Map.of());
            write(link, node, new Marker(UUID.randomUUID().toString(), reached), run, evicted);
        } else if (!sameRun) {
            lost("Redis (" + node.place() + ") was started again and may lack what was written last", held.offsets());
            write(link, node, new Marker(held.id(), reached), run, evicted);
        } else if (!held.offsets().equals(reached)) {
            put(link, node, new Marker(held.id(), reached));
        }
        return null;
    }

    /** Says that entries were thrown out; once there is room again, has them brought back. */
    private @Nullable String evicted(
            Link link, Node node, Map<String, String> info, long evicted, Map<String, Map<Integer, Long>> reached)
            throws ExecutionException, InterruptedException, TimeoutException {
        long most = Long.parseLong(info.getOrDefault("maxmemory", "0"));
        long used = Long.parseLong(info.getOrDefault("used_memory", "0"));
        String policy = info.getOrDefault("maxmemory_policy", "");
        boolean room = most == 0 || policy.equals("noeviction") || used < most * ROOM;
        if (!room) {
            return String.format(
                    Locale.ROOT,
                    "Redis (%s) throws entries out for want of memory (maxmemory %,d bytes, %s; %,d keys so far): rows are"
                            + " missing. Give it more memory; they come back by themselves then",
                    node.place(),
                    most,
                    policy,
                    evicted);
        }
        lost("Redis (" + node.place() + ") threw entries out for want of memory", Map.of());
        write(link, node, new Marker(UUID.randomUUID().toString(), reached), info.getOrDefault("run_id", ""), evicted);
        return null;
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

    /** The request is durable by now: if this is not reached, it is asked for again. */
    private void write(Link link, Node node, Marker marker, String run, long evicted)
            throws ExecutionException, InterruptedException, TimeoutException {
        put(link, node, marker);
        rebuilds.marker(new StoreMarker(SINK, node.place(), marker.id(), run, evicted));
    }

    private static void put(Link link, Node node, Marker marker)
            throws ExecutionException, InterruptedException, TimeoutException {
        byte[] json = JSON.writeValueAsString(marker).getBytes(StandardCharsets.UTF_8);
        link.one(all -> all.set(node.markerKey(), json));
    }

    private static @Nullable Marker marker(byte @Nullable [] json) {
        try {
            return json == null ? null : JSON.readValue(json, new TypeReference<Marker>() {});
        } catch (JacksonException e) {
            return null;
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
