package io.millrace.catalog;

/** Where a snapshot stands. */
public enum SnapshotState {
    REQUESTED,
    RUNNING,
    /** Stopped by a person; goes on where it stopped. */
    PAUSED,
    DONE,
    FAILED,
    CANCELLED
}
