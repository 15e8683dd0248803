package io.millrace.catalog;

/** Where a snapshot stands. */
public enum SnapshotState {
    REQUESTED,
    RUNNING,
    DONE,
    FAILED,
    CANCELLED
}
