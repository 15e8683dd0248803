package io.millrace.sync.rebuild;

import io.millrace.event.Operation;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.Coalescer;
import java.util.List;
import java.util.function.Function;

/** Reduces what was read of one table to the newest change of each row, and the newest truncate behind them, as sinks of states want it. */
final class Latest {

    private static final Coalescer<Change> COALESCER =
            new Coalescer<>(Function.identity(), (newer, whole, older) -> whole);

    private Latest() {}

    /** Leaves out what has no key: it is no copy's, and a dead letter of the sink. */
    static List<Change> of(List<Change> changes) {
        return COALESCER.coalesce(changes.stream()
                .filter(change -> change.event().key() != null || change.event().operation() == Operation.TRUNCATE)
                .toList());
    }
}
