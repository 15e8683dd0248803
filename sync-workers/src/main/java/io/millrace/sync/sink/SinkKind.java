package io.millrace.sync.sink;

/** What a sink keeps; decides what it is given. */
public enum SinkKind {
    /**
     * The present state of each row, versioned by {@link io.millrace.event.ChangeEvent#rowVersion()}. Is given at most one change per
     * row in a batch, the newest, and the truncates behind all rows; repeating is harmless.
     */
    STATE,
    /**
     * Every change, once and in order. Stores the batch's {@link SinkBatch#steps()} in the transaction of its rows, fenced. Is given a
     * truncate once, not once per partition.
     */
    LOG,
    /**
     * Every change of a row in order, to a place that can neither store offsets nor compare versions: a request to somebody else's
     * service. Is an {@link EffectSink}: given one change at a time, rows beside each other, the next of a row once that one was applied or
     * became a dead letter, and none again that is known to have been applied. A truncate comes once, and alone.
     */
    EFFECT
}
