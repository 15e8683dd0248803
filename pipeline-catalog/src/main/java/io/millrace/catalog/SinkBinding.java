package io.millrace.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A sink that a table goes to.
 *
 * @param sink the sink's name, for example {@code elasticsearch}
 * @param message why it is not active and what to do; null where it is
 * @param options the sink's own settings for this table, a JSON object
 * @param shaping what the sink gets of the table, the JSON of a {@link io.millrace.catalog.shaping.Shaping}; null for everything as it is
 * @param shapingVersion counts up with every declaration; 0 before the first
 */
public record SinkBinding(
        long tableId,
        String sink,
        BindingState state,
        @Nullable String message,
        Instant stateSince,
        String options,
        @Nullable String shaping,
        int shapingVersion) {

    /** A binding whose sink gets everything as it is. */
    public SinkBinding(
            long tableId,
            String sink,
            BindingState state,
            @Nullable String message,
            Instant stateSince,
            String options) {
        this(tableId, sink, state, message, stateSince, options, null, 0);
    }
}
