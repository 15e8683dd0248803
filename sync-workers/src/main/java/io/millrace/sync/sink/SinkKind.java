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
     * service. Is given at most one change per row in a batch, and the next of a row once that one was applied or became a dead letter;
     * so it may write the changes of a batch in any order and at once. A truncate comes once, in a batch of its own. What was applied
     * before a crash is given again: {@link Deduplication} tells.
     */
    EFFECT
}
