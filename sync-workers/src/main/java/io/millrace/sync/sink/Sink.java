package io.millrace.sync.sink;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A place that changes are written to. A sink never retries, never touches Kafka and never swallows an error: delivery owns
 * batching, coalescing, backoff, dead letters and pausing, once for all sinks.
 *
 * <p>Thread-safe: several consumers may write at once, never two the same row. Making a sink must not need its service: one that is
 * down at start is waited for.
 */
public interface Sink {

    /** Returns the name in bindings, metrics and offsets: lower case, fixed for ever. */
    String name();

    SinkKind kind();

    /** Returns the name as people write it; pages show it. */
    default String title() {
        return name().substring(0, 1).toUpperCase(Locale.ROOT) + name().substring(1);
    }

    /** Returns in a sentence what it is for; pages show it where a table's sinks are chosen. */
    default String purpose() {
        return "";
    }

    /** Returns whether it tells rows apart, and so takes only tables with a key. */
    default boolean needsKey() {
        return kind() == SinkKind.STATE;
    }

    /** Returns what it remembers by itself; null for nothing that a rewind must heed. See {@link Memories}. */
    default @Nullable Memory memory() {
        return null;
    }

    /**
     * Writes a batch and returns when it is durable, as far as the sink's service promises, and readable by key.
     *
     * <p>What a returned {@link Failure} does not name was applied. A write that the sink already holds, or whose row it holds in a newer
     * version, counts as applied.
     *
     * @return what could not be written, each change at most once; empty when all was. A {@link SinkKind#LOG} sink fails as a whole
     * @throws SinkException when nothing is known to be applied; the batch, or parts of it, may be given again
     */
    List<Failure> write(SinkBatch batch) throws SinkException;

    /**
     * Asks the service whether it answers.
     *
     * @throws SinkException if it does not; the message says what and where
     */
    void check() throws SinkException;
}
