package io.millrace.catalog;

/** Where a captured table stands. */
public enum TableState {
    /** Registered; capture has not taken it up. */
    PENDING,
    /** Its existing rows are being read while its changes already flow. */
    SNAPSHOTTING,
    /** Every row was read; its changes flow. */
    STREAMING,
    /** Stopped by a person: its changes stay in Kafka and go to no sink. */
    PAUSED,
    /** Cannot go on without a person: the message says why and what to do. */
    FAILED,
    /** Being taken out of the publication. */
    REMOVING
}
