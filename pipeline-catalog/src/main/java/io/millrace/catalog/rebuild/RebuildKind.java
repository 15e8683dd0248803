package io.millrace.catalog.rebuild;

/** Why a sink's copy of a table is made anew. */
public enum RebuildKind {
    /** Into a second place that takes the first one's, which is kept for a rollback. */
    REBUILD,
    /** What the sink lost comes back into the place that readers see. */
    REFILL
}
