package io.millrace.sync.deduplication;

/** What became of the wish to have an effect. */
public enum Verdict {
    /** Nobody tried before: go ahead. */
    FIRST,
    /** Somebody tried, and was not heard of again: the other side may have it. Go ahead, under the same id. */
    AGAIN,
    /** It took place. */
    DONE,
    /** Another worker is about it, or was a moment ago, or about what was before it. */
    HELD
}
