package io.millrace.sync.rebuild;

import io.millrace.event.Operation;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.Folding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reduces what was read of one table to the newest change of each row, and the newest truncate behind them, as sinks of states want it. */
final class Latest {

    private Latest() {}

    static List<Change> of(List<Change> changes) {
        Map<RowKey, Change> rows = new LinkedHashMap<>();
        Change truncate = null;
        for (Change change : changes) {
            RowKey key = change.event().key();
            if (change.event().operation() == Operation.TRUNCATE) {
                truncate = newer(truncate, change);
            } else if (key != null) {
                rows.merge(key, change, Latest::newer);
            }
        }
        List<Change> all = new ArrayList<>(rows.values());
        if (truncate != null) {
            all.add(truncate);
        }
        return all;
    }

    private static Change newer(@Nullable Change first, Change second) {
        if (first == null) {
            return second;
        }
        boolean secondIsNewer = second.event().rowVersion() >= first.event().rowVersion();
        // what came late says nothing of the values in between
        return secondIsNewer ? folded(second, first) : first;
    }

    private static Change folded(Change newer, Change older) {
        Change whole = Folding.fold(newer, older);
        return whole == null ? newer : whole;
    }
}
