package io.millrace.sync.sink;

import io.millrace.event.ChangeEvent;
import io.millrace.event.Row;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes one change of two of the same row: the newer one, with values that it lacks and the older one has. */
public final class Folding {

    private Folding() {}

    /** Returns the newer change with values from the older one, behind a filter too; null where there is nothing to take. */
    public static @Nullable Change fold(Change newer, Change older) {
        ChangeEvent whole = fold(state(newer), state(older));
        if (whole == null) {
            return null;
        }
        ShapeNotes notes = newer.notes();
        return notes.hidden() == null
                ? newer.with(whole)
                : new Change(
                        newer.table(),
                        newer.event(),
                        new ShapeNotes(notes.masked(), notes.changed(), whole, notes.filtered()));
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
        if (event.unavailable().isEmpty() || after == null || known == null) {
            return null;
        }
        Set<String> filled = new LinkedHashSet<>(event.unavailable());
        filled.removeAll(older.unavailable());
        if (filled.isEmpty()) {
            return null;
        }
        Set<String> missing = new LinkedHashSet<>(event.unavailable());
        missing.removeAll(filled);
        return new ChangeEvent(
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
                event.schemaVersion());
    }
}
