package io.millrace.sync.sink.redis;

import io.millrace.catalog.rebuild.StoreMarker;
import io.millrace.catalog.rebuild.StoreMarkers;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Tells from the markers whether Redis lost entries.
 *
 * <p>Each part of Redis holds a marker that says how far delivery was when it was written. No marker, or another one: everything was
 * lost (FLUSHALL, a restart without persistence, another server). The marker under another run of the server: what was written behind
 * it may be lost, since a server that starts again, or a replica that takes over, holds a prefix of what was written. More evictions
 * than were dealt with: any entry may be missing. The server counts them from zero in each run, and when somebody resets its statistics.
 */
final class LossCheck {

    /** No part of Redis: the name of this platform database. */
    private static final String INSTALLATION = "installation";
    /** Above it, what is brought back would only throw out other entries. */
    private static final double ROOM = 0.8;

    private final String sink;
    private final StoreMarkers markers;
    private final Loss loss;

    /** Has lost entries come back; returns when that is durably asked for. */
    interface Loss {
        /**
         * Takes what is known.
         *
         * @param held offsets by topic and partition below which nothing was lost
         */
        void lost(String reason, Map<String, Map<Integer, Long>> held);
    }

    LossCheck(String sink, StoreMarkers markers, Loss loss) {
        this.sink = sink;
        this.markers = markers;
        this.loss = loss;
    }

    /**
     * Looks at all parts.
     *
     * @param reached offsets that were stored before this was called: Redis holds what lies below them
     * @return what is wrong and cannot be mended now; null for nothing
     */
    @Nullable
    String run(Link link, Map<String, Map<Integer, Long>> reached)
            throws ExecutionException, InterruptedException, TimeoutException {
        Map<String, StoreMarker> known = new HashMap<>();
        markers.of(sink).forEach(marker -> known.put(marker.place(), marker));
        StoreMarker own = known.get(INSTALLATION);
        if (own == null) {
            own = new StoreMarker(sink, INSTALLATION, UUID.randomUUID().toString(), "", 0);
            markers.put(own);
        }
        String complaint = null;
        for (Node node : Node.all(link, own.marker())) {
            String one = run(link, node, known.get(node.place()), reached);
            complaint = one == null ? complaint : one;
        }
        return complaint;
    }

    private @Nullable String run(
            Link link, Node node, @Nullable StoreMarker known, Map<String, Map<Integer, Long>> reached)
            throws ExecutionException, InterruptedException, TimeoutException {
        Map<String, String> info = node.info(link);
        String run = info.getOrDefault("run_id", "");
        long evicted = Long.parseLong(info.getOrDefault("evicted_keys", "0"));
        Marker held = Marker.read(link, node);
        if (known == null) {
            write(link, node, Marker.fresh(reached), run, evicted);
            return null;
        }
        boolean sameRun = known.run().equals(run);
        boolean counted = sameRun && evicted >= known.evicted();
        if (evicted > (counted ? known.evicted() : 0)) {
            return evicted(link, node, info, evicted, reached);
        }
        if (held == null || !held.id().equals(known.marker())) {
            loss.lost("Redis (" + node.place() + ") was emptied, or is another one", Map.of());
            write(link, node, Marker.fresh(reached), run, evicted);
        } else if (!sameRun) {
            loss.lost(
                    "Redis (" + node.place() + ") was started again and may lack what was written last",
                    held.offsets());
            new Marker(held.id(), reached).replace(link, node);
            markers.put(new StoreMarker(sink, node.place(), held.id(), run, evicted));
        } else {
            if (!counted) {
                markers.put(new StoreMarker(sink, node.place(), held.id(), run, evicted));
            }
            if (!held.offsets().equals(reached)) {
                new Marker(held.id(), reached).replace(link, node);
            }
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
        loss.lost("Redis (" + node.place() + ") threw entries out for want of memory", Map.of());
        write(link, node, Marker.fresh(reached), info.getOrDefault("run_id", ""), evicted);
        return null;
    }

    /** The request is durable by now: if this is not reached, it is asked for again. */
    private void write(Link link, Node node, Marker marker, String run, long evicted)
            throws ExecutionException, InterruptedException, TimeoutException {
        marker.write(link, node);
        markers.put(new StoreMarker(sink, node.place(), marker.id(), run, evicted));
    }
}
