package io.millrace.capture.snapshot;

import io.millrace.capture.publish.TopicEnds;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Lets the sinks keep step with a snapshot. What it publishes stands before the changes that come after it, in the topic of its table
 * and in the workers' hands; a snapshot that runs ahead would delay them by minutes and be complete no earlier. A sink that is waited
 * for, or takes nothing for three seconds, holds nothing up. Used by one thread.
 */
final class SnapshotPace implements AutoCloseable {

    private static final long LOOK_MILLIS = 100;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final SnapshotContext context;
    private final CapturedTable table;
    private final TopicEnds ends;
    private final Set<String> ignored = new HashSet<>();

    SnapshotPace(SnapshotContext context, CapturedTable table) {
        this.context = context;
        this.table = table;
        this.ends = context.topics().openEnds(table.topic());
    }

    /** Returns when no sink that moves is more than a chunk behind. */
    void await(BooleanSupplier stopped) throws InterruptedException {
        Standstill standstill = new Standstill(PATIENCE_NANOS);
        while (!stopped.getAsBoolean()) {
            Map<String, Long> behind = behind();
            ignored.addAll(standstill.look(behind, System.nanoTime()));
            if (ignored.containsAll(behind.keySet())) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
    }

    /** Returns which sinks are more than a chunk behind, and the sum of their offsets. */
    private Map<String, Long> behind() {
        Set<String> active = new HashSet<>();
        table.sinks().stream()
                .filter(binding -> binding.state() == BindingState.ACTIVE && !ignored.contains(binding.sink()))
                .forEach(binding -> active.add(binding.sink()));
        if (active.isEmpty()) {
            return Map.of();
        }
        long[] end = ends.read();
        Map<String, Long> waiting = new HashMap<>();
        Map<String, Long> reached = new HashMap<>();
        for (DeliveryOffset offset : context.offsets().deliveriesOf(table.topic())) {
            if (offset.partition() < end.length) {
                if (offset.waitingSince() != null) {
                    active.remove(offset.sink());
                }
                waiting.merge(offset.sink(), end[offset.partition()] - offset.nextOffset(), Long::sum);
                reached.merge(offset.sink(), offset.nextOffset(), Long::sum);
            }
        }
        reached.keySet().retainAll(active);
        reached.keySet().removeIf(sink -> waiting.getOrDefault(sink, 0L) <= context.chunkRows());
        return reached;
    }

    @Override
    public void close() {
        ends.close();
    }
}
