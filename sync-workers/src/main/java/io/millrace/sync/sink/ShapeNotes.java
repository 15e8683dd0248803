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
 * @param filtered whether there are rows that the sink is not to hold. It may then lack a row whose large values were not sent again: such
 *     a row is to be rejected, never written without them
 */
public record ShapeNotes(
        Set<String> masked, Set<String> changed, @Nullable ChangeEvent hidden, boolean filtered) {

    /** The change is as it was. */
    public static final ShapeNotes NONE = new ShapeNotes(Set.of(), Set.of(), null, false);

    /** Why an incomplete row that the sink does not hold is rejected where there is a filter. */
    public static final String INCOMPLETE =
            "The row came to pass the filter by a change that left large values as they were, which PostgreSQL does not send"
                    + " then. Read the table's rows again; REPLICA IDENTITY FULL has them sent always";
}
