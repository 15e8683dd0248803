package io.millrace.sync.sink;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;

/**
 * A change to write, shaped already where the binding says so.
 *
 * @param table the table as the catalog has it, at least in the event's schema version where the catalog knows that; with the columns
 *     that the sink gets
 * @param event what happened
 * @param notes what shaping did
 */
public record Change(CapturedTable table, ChangeEvent event, ShapeNotes notes) {

    /** A change that is as it was. */
    public Change(CapturedTable table, ChangeEvent event) {
        this(table, event, ShapeNotes.NONE);
    }

    /** Returns the same with another event of the same row. */
    public Change with(ChangeEvent other) {
        return new Change(table, other, notes);
    }

    /**
     * Tells whether the row came under this key without all of its values: its key was changed, or it was made anew behind the filter.
     * Whatever a sink holds under the key is another row and gives none of them; until the row has been read again there is none to show.
     */
    public boolean isAwaited() {
        return event.operation() == Operation.CREATE && !event.unavailable().isEmpty();
    }

    /** Tells whether that is to be asked for. Of a row whose key was changed, capture does so by itself. */
    public boolean isUnasked() {
        return isAwaited() && notes.isOfUnseen();
    }

    /** Tells whether a sink takes values of the row from what it holds. */
    public boolean isIncomplete() {
        return event.after() != null && !event.unavailable().isEmpty() && !isAwaited();
    }

    /** Tells whether it says all of its row, also where the sink is not to hold that. */
    public boolean isWhole() {
        ChangeEvent hidden = notes.hidden();
        return (hidden == null ? event : hidden).unavailable().isEmpty();
    }
}
