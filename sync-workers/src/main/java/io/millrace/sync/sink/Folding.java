package io.millrace.sync.sink;

import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.event.Row;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes one change of two of the same row: the newer one, with values that it lacks and the older one has. */
final class Folding {

    private Folding() {}

    /** Returns the newer change with values from the older one, behind a filter too; null where there is nothing to take. */
    static @Nullable Change fold(Change newer, Change older) {
        ChangeEvent before = state(older);
        ChangeEvent whole = fold(state(newer), before);
        if (whole == null) {
            return null;
        }
        // what was deleted and is updated was made in between: a new row that did not pass the filter is given to no
        // sink
        boolean ofUnseen = older.notes().isOfUnseen() || before.operation() == Operation.DELETE;
        ShapeNotes notes = newer.notes();
        boolean shown = notes.hidden() == null;
        return new Change(
                newer.table(),
                shown ? whole : newer.event(),
                new ShapeNotes(notes.masked(), notes.changed(), shown ? null : whole, ofUnseen));
    }

    /** The row as it was, whether the sink is to hold it or not. */
    private static ChangeEvent state(Change change) {
        ChangeEvent hidden = change.notes().hidden();
        return hidden == null ? change.event() : hidden;
    }

    /** Returns null where there is nothing to take. */
    private static @Nullable ChangeEvent fold(ChangeEvent event, ChangeEvent older) {
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
        return event.with(
                anew ? Operation.CREATE : event.operation(),
                event.before(),
                event.beforeCompleteness(),
                known == null || filled.isEmpty() ? after : after.withValuesFrom(known, filled),
                missing);
    }
}
