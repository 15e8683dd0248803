package io.millrace.sync.rebuild;

import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.event.Row;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.Change;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
        return secondIsNewer ? folded(second, first) : folded(first, second);
    }

    /** Takes values that the newer event lacks from the older one, where that has them. */
    private static Change folded(Change newer, Change older) {
        ChangeEvent event = newer.event();
        Row after = event.after();
        Row known = older.event().after();
        if (event.unavailable().isEmpty() || after == null || known == null) {
            return newer;
        }
        Set<String> filled = new LinkedHashSet<>(event.unavailable());
        filled.removeAll(older.event().unavailable());
        Set<String> missing = new LinkedHashSet<>(event.unavailable());
        missing.removeAll(filled);
        return newer.with(new ChangeEvent(
                event.source(),
                event.table(),
                event.position(),
                event.lsn(),
                event.operation(),
                event.key(),
                event.before(),
                event.beforeCompleteness(),
                after.withValuesFrom(known, filled),
                missing,
                event.transaction(),
                event.capturedAt(),
                event.schemaVersion()));
    }
}
