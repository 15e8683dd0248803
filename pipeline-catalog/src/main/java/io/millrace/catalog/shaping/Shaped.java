package io.millrace.catalog.shaping;

import io.millrace.event.ChangeEvent;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What became of an event. */
public sealed interface Shaped {

    /**
     * The sink gets this.
     *
     * @param masked the columns, by their names in the sink, whose values in the event are masked or were left out for it
     * @param changed those of them whose values changed, as far as is known
     */
    record Sent(ChangeEvent event, Set<String> masked, Set<String> changed) implements Shaped {}

    /**
     * The row is not to be in the sink: it gets a delete, without values.
     *
     * @param row the event as it would have been sent; null for a delete
     * @param isNews whether the row may have been in the sink before this change; false where it is certain that it was not to be
     */
    record Removed(ChangeEvent event, @Nullable ChangeEvent row, boolean isNews) implements Shaped {}

    /** The row is not to be in the sink, and cannot be there. */
    record Skipped() implements Shaped {}

    /**
     * The row cannot be shaped.
     *
     * @param cause what is wrong and what to do; holds no values of the row
     * @param at the place in the shaping, as findings say it; null where it is none in particular
     * @param isLacking whether it could be if PostgreSQL had sent all of its values
     */
    record Refused(String cause, @Nullable String at, boolean isLacking) implements Shaped {}
}
