package io.millrace.sync.sink;

import io.millrace.catalog.Offsets.Advance;
import java.util.List;

/**
 * What a sink is asked to write in one go; may be of many tables.
 *
 * @param changes in order
 * @param steps how far the sink is once this is written; only a {@link SinkKind#LOG} sink stores them, others are given none
 * @param repeats whether the sink may have taken some of these changes before, because it was rewound or a dead letter is retried: a
 *     {@link SinkKind#LOG} sink leaves out those that it holds, by their event ids. To an {@link EffectSink} it says of the one change that
 *     it was tried before and what came of that is not known, or that it failed
 * @param claimedAt to an {@link EffectSink}, {@link System#nanoTime} of just before its change was claimed; says nothing to others
 */
public record SinkBatch(List<Change> changes, List<Advance> steps, boolean repeats, long claimedAt) {

    public SinkBatch(List<Change> changes, List<Advance> steps, boolean repeats) {
        this(changes, steps, repeats, System.nanoTime());
    }

    /** Makes a batch of changes that the sink does not hold yet. */
    public SinkBatch(List<Change> changes, List<Advance> steps) {
        this(changes, steps, false);
    }

    /** Returns a batch for a sink that keeps states. */
    public static SinkBatch of(List<Change> changes) {
        return new SinkBatch(changes, List.of(), false);
    }
}
