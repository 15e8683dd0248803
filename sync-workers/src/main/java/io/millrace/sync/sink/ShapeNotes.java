package io.millrace.sync.sink;

import io.millrace.event.ChangeEvent;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What shaping did to a change, as far as the event does not tell. Column names are those of the event.
 *
 * @param masked columns whose values in the event are masked, or are missing for it
 * @param changed those of them whose values the change changed, as far as is known
 * @param hidden where a delete stands for a row that the sink is not to hold: the event as it would have been
 * @param isOfUnseen whether the row was made anew by a change that the sink was not given
 */
public record ShapeNotes(
        Set<String> masked, Set<String> changed, @Nullable ChangeEvent hidden, boolean isOfUnseen) {

    /** The change is as it was. */
    public static final ShapeNotes NONE = new ShapeNotes(Set.of(), Set.of(), null);

    /** Of a row that was not made anew unseen, as far as its change alone tells. */
    public ShapeNotes(Set<String> masked, Set<String> changed, @Nullable ChangeEvent hidden) {
        this(masked, changed, hidden, false);
    }
}
