package io.millrace.admin.lag;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.SinkBinding;
import io.millrace.event.TableId;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far one sink is behind in one table.
 *
 * @param records in Kafka that are not applied; null where Kafka did not answer
 * @param seconds age of the oldest of them, from its commit: 0 when there are none or all came since the sample before, a second ago;
 *     null where unknown
 * @param upTo everything committed before is applied; null when all is applied, or where it is not known
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

    /** What has waited no longer is on its way: with traffic there always is something, and it says nothing. */
    public static final Duration ON_ITS_WAY = Duration.ofSeconds(2);

    /** Returns the lag of a binding that no sample knows yet. */
    public static SinkLag unknown(CapturedTable table, SinkBinding binding) {
        return new SinkLag(
                binding.sink(),
                table.source(),
                table.table(),
                table.id(),
                null,
                null,
                null,
                0,
                binding.state(),
                null,
                null,
                binding.message());
    }

    /** Returns the same lag with the binding's state of now, which may be younger than the sample. */
    public SinkLag with(SinkBinding binding) {
        return new SinkLag(
                sink,
                source,
                table,
                tableId,
                records,
                seconds,
                upTo,
                applied,
                binding.state(),
                waitingSince,
                waitingFor,
                binding.message());
    }

    /** Returns whether everything in Kafka is applied. */
    public boolean current() {
        return records != null && records == 0;
    }

    /** Returns whether something has waited for longer than {@link #ON_ITS_WAY}, or it is not known since when. */
    public boolean behind() {
        return records != null && records > 0 && (seconds == null || seconds * 1000 > ON_ITS_WAY.toMillis());
    }
}
