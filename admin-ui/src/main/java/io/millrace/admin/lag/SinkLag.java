package io.millrace.admin.lag;

import io.millrace.catalog.BindingState;
import io.millrace.event.TableId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far one sink is behind in one table.
 *
 * @param records in Kafka that are not applied; null where Kafka did not answer
 * @param seconds 0 when none are, else the age of the last change applied in a partition that is behind; null where unknown
 * @param upTo commit time of the last change applied in the partition that is furthest behind; null when none is behind or nothing
 *     was applied yet
 * @param applied how many records were applied since the beginning
 * @param waitingSince since when the sink is waited for; null when it is not
 * @param waitingFor what for
 * @param message why the binding is not active
 */
public record SinkLag(
        String sink,
        String source,
        TableId table,
        long tableId,
        @Nullable Long records,
        @Nullable Double seconds,
        @Nullable Instant upTo,
        long applied,
        BindingState state,
        @Nullable Instant waitingSince,
        @Nullable String waitingFor,
        @Nullable String message) {

    /** Returns whether everything in Kafka is applied. */
    public boolean current() {
        return records != null && records == 0;
    }
}
