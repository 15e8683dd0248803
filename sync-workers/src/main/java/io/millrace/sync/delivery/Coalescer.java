package io.millrace.sync.delivery;

import io.millrace.event.Operation;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.Folding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        // what came late says nothing of the values in between
        return secondIsNewer ? folded(second, first) : first;
    }

    /** Takes values that the newer event lacks from the older one, where that has them; behind a filter too. */
    private static Received folded(Received newer, Received older) {
        Change whole = Folding.fold(newer.change(), older.change());
        return whole == null ? newer : newer.folded(whole, older);
    }
}
