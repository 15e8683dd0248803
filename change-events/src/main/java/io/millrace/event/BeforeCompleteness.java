package io.millrace.event;

/** How much of the row before a change PostgreSQL sent; decided by the table's replica identity. */
public enum BeforeCompleteness {
    /** Every column (REPLICA IDENTITY FULL). */
    FULL,
    /** The key columns alone. */
    KEY,
    /** Nothing: an insert, a snapshot read, a truncate, or an update that left the key as it was. */
    NONE
}
