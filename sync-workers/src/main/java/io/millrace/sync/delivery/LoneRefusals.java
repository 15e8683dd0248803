package io.millrace.sync.delivery;

import io.millrace.sync.sink.EffectSink;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The changes that a sink of effects refuses for now, and since when it has done so although it takes others. Kept in memory: who takes a
 * partition over begins anew. Thread-safe.
 */
final class LoneRefusals {

    /** What was not refused again for so long was taken since, or is another worker's. */
    private static final long FORGOTTEN_NANOS = Duration.ofHours(1).toNanos();

    /**
     * The last refusal of a change.
     *
     * @param at as {@link System#nanoTime}
     * @param nanos for how long it had been refused by then, without the time in which the sink was down
     * @param taken how many changes the sink had taken at the first refusal
     * @param takenSince how many it had taken by then
     * @param outages how often the sink had been down
     * @param unsure whether the sink may have been down
     */
    private record Refusal(long at, long nanos, long taken, long takenSince, long outages, boolean unsure) {}

    private final Duration patience;
    private final LongSupplier nanoTime;
    private final Map<String, Refusal> refusals = new HashMap<>();
    private long taken;
    private long outages;

    /** @param patience how long a change may be refused alone */
    LoneRefusals(Duration patience) {
        this(patience, System::nanoTime);
    }

    /** @param nanoTime what time it is, as {@link System#nanoTime} says it */
    LoneRefusals(Duration patience, LongSupplier nanoTime) {
        this.patience = patience;
        this.nanoTime = nanoTime;
    }

    /** Tells whether a change was refused when it was tried last, as far as that is known. */
    synchronized boolean has(Received received) {
        return !refusals.isEmpty() && refusals.containsKey(EffectSink.idOf(received.event()));
    }

    /** Tells whether others were taken since a change was first refused: that it fails again says nothing about the sink. */
    synchronized boolean isAlone(Received received) {
        Refusal last = refusals.isEmpty() ? null : refusals.get(EffectSink.idOf(received.event()));
        return last != null && taken > last.taken();
    }

    /** Notes that the sink takes nothing now. */
    synchronized void outage() {
        outages++;
    }

    /** Notes that a change was refused, and tells whether it has been for too long while others were taken. */
    synchronized boolean isOver(Received received) {
        long now = nanoTime.getAsLong();
        refusals.values().removeIf(old -> now - old.at() > FORGOTTEN_NANOS);
        String id = EffectSink.idOf(received.event());
        Refusal last = refusals.get(id);
        return last != null && last.unsure() ? again(id, last, now, 0, false) : isOver(id, last, now, Long.MAX_VALUE);
    }

    /**
     * The same where the sink says that it takes nothing at all. That is believed: the time since the last refusal counts only if it took others
     * meanwhile, and no more than a quarter of the patience at once. Of one that limits how much it takes, each change is refused a few times.
     */
    synchronized boolean isOverThoughSaidOfAll(Received received) {
        long now = nanoTime.getAsLong();
        refusals.values().removeIf(old -> now - old.at() > FORGOTTEN_NANOS);
        String id = EffectSink.idOf(received.event());
        Refusal last = refusals.get(id);
        if (last != null && taken == last.takenSince()) {
            return again(id, last, now, 0, true);
        }
        return isOver(id, last, now, patience.toNanos() / 4);
    }

    private boolean isOver(String id, @Nullable Refusal last, long now, long most) {
        if (last == null) {
            refusals.put(id, new Refusal(now, 0, taken, taken, outages, false));
            return false;
        }
        boolean wasDown = last.outages() < outages;
        return again(id, last, now, wasDown ? 0 : Math.min(most, now - last.at()), false)
                && !wasDown
                && taken > last.taken();
    }

    /** Notes another refusal, and tells whether enough time counts. */
    private boolean again(String id, Refusal last, long now, long counts, boolean unsure) {
        long nanos = last.nanos() + counts;
        refusals.put(id, new Refusal(now, nanos, last.taken(), taken, outages, unsure));
        return counts > 0 && nanos >= patience.toNanos();
    }

    /** Notes how many changes were taken, after the refusals of the same round: what was taken beside them counts for them. */
    synchronized void taken(int count) {
        taken += count;
    }
}
