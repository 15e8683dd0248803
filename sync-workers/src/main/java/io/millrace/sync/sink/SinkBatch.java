package io.millrace.sync.sink;

import io.millrace.catalog.Offsets.Advance;
import java.util.List;

/**
 * What a sink is asked to write in one go; may be of many tables.
 *
 * @param changes in order
 * @param steps how far the sink is once this is written; only a {@link SinkKind#LOG} sink stores them, others are given none
 */
public record SinkBatch(List<Change> changes, List<Advance> steps) {

    /** Returns a batch for a sink that keeps states. */
    public static SinkBatch of(List<Change> changes) {
        return new SinkBatch(changes, List.of());
    }
}
