package io.millrace.sync.sink;

import io.millrace.event.Operation;
import io.millrace.event.RowKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reduces changes to what a sink of states needs: of each row the newest change, then of each table the newest truncate.
 *
 * <p>Newest by version, not by place in the topic: a snapshot read may stand behind a change that it has not seen. Rows go before
 * truncates; since a truncate takes only what is older than itself, the result is that of the original order.
 *
 * @param <T> what holds the changes
 * @param changes what each holds
 * @param folded what stands for two of a row of which the newer one lacks values
 */
public record Coalescer<T>(Function<T, Change> changes, Folded<T> folded) {

    /** Makes one of two. */
    public interface Folded<T> {

        /**
         * Returns what stands for both.
         *
         * @param whole the change of the newer one, with values from the older one's, behind a filter too
         */
        T of(T newer, Change whole, T older);
    }

    private record Slot(long table, @Nullable RowKey key) {}

    /** Returns what is left of a batch, which is in the order of its topic. */
    public List<T> coalesce(List<T> batch) {
        Map<Slot, T> rows = new LinkedHashMap<>();
        Map<Slot, T> truncates = new LinkedHashMap<>();
        for (T one : batch) {
            Change change = changes.apply(one);
            boolean truncate = change.event().operation() == Operation.TRUNCATE;
            Slot slot = new Slot(change.table().id(), truncate ? null : keyOf(change));
            (truncate ? truncates : rows).merge(slot, one, this::newer);
        }
        List<T> all = new ArrayList<>(rows.size() + truncates.size());
        all.addAll(rows.values());
        all.addAll(truncates.values());
        return all;
    }

    /** A row without a key cannot be told from another: each stands for itself, for the sink to reject. */
    private static RowKey keyOf(Change change) {
        RowKey key = change.event().key();
        return key == null ? new RowKey(change.event().eventId()) : key;
    }

    private T newer(T first, T second) {
        Change older = changes.apply(first);
        Change newer = changes.apply(second);
        if (newer.event().rowVersion() < older.event().rowVersion()) {
            // what came late says nothing of the values in between
            return first;
        }
        Change whole = Folding.fold(newer, older);
        return whole == null ? second : folded.of(second, whole, first);
    }
}
