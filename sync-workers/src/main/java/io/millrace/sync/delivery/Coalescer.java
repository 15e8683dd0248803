package io.millrace.sync.delivery;

import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.event.Row;
import io.millrace.event.RowKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reduces a batch to what a sink of states needs: of each row the newest change, then of each table the newest truncate.
 *
 * <p>Newest by version, not by place in the topic: a snapshot read may stand behind a change that it has not seen. Rows go before
 * truncates; since a truncate takes only what is older than itself, the result is that of the original order.
 */
final class Coalescer {

    private record Slot(long table, @Nullable RowKey key) {}

    private Coalescer() {}

    static List<Received> coalesce(List<Received> batch) {
        Map<Slot, Received> rows = new LinkedHashMap<>();
        Map<Slot, Received> truncates = new LinkedHashMap<>();
        for (Received received : batch) {
            boolean truncate = received.event().operation() == Operation.TRUNCATE;
            Slot slot = new Slot(received.change().table().id(), truncate ? null : keyOf(received));
            (truncate ? truncates : rows).merge(slot, received, Coalescer::newer);
        }
        List<Received> all = new ArrayList<>(rows.size() + truncates.size());
        all.addAll(rows.values());
        all.addAll(truncates.values());
        return all;
    }

    /** A row without a key cannot be told from another: each stands for itself, for the sink to reject. */
    private static RowKey keyOf(Received received) {
        RowKey key = received.event().key();
        return key == null ? new RowKey(received.event().eventId()) : key;
    }

    private static Received newer(Received first, Received second) {
        boolean secondIsNewer = second.event().rowVersion() >= first.event().rowVersion();
        return secondIsNewer ? folded(second, first) : folded(first, second);
    }

    /** Takes values that the newer event lacks from the older one, where that has them; behind a filter too. */
    private static Received folded(Received newer, Received older) {
        ChangeEvent whole = folded(state(newer), state(older));
        if (whole == null) {
            return newer;
        }
        return newer.change().notes().hidden() == null ? newer.folded(whole, older) : newer.hiding(whole, older);
    }

    /** The row as it was, whether the sink is to hold it or not. */
    private static ChangeEvent state(Received received) {
        ChangeEvent hidden = received.change().notes().hidden();
        return hidden == null ? received.event() : hidden;
    }

    /** Returns null where there is nothing to take. */
    private static @Nullable ChangeEvent folded(ChangeEvent event, ChangeEvent older) {
        Row after = event.after();
        Row known = older.after();
        if (event.unavailable().isEmpty() || after == null) {
            return null;
        }
        Set<String> filled = new LinkedHashSet<>(event.unavailable());
        if (known == null) {
            filled.clear();
        } else {
            filled.removeAll(older.unavailable());
        }
        // the row that a sink holds is not the one that this event changed, if it was made or removed in between
        boolean anew = older.operation() == Operation.CREATE || older.operation() == Operation.DELETE;
        if (filled.isEmpty() && (!anew || event.operation() == Operation.CREATE)) {
            return null;
        }
        Set<String> missing = new LinkedHashSet<>(event.unavailable());
        missing.removeAll(filled);
        return new ChangeEvent(
                event.source(),
                event.table(),
                event.position(),
                event.lsn(),
                anew ? Operation.CREATE : event.operation(),
                event.key(),
                event.before(),
                event.beforeCompleteness(),
                known == null || filled.isEmpty() ? after : after.withValuesFrom(known, filled),
                missing,
                event.transaction(),
                event.capturedAt(),
                event.schemaVersion());
    }
}
