package io.millrace.catalog;

/** Where delivery of a table to a sink stands. */
public enum BindingState {
    /** Changes are delivered, or waited for. */
    ACTIVE,
    /** Stopped by a person; goes on where it stopped. */
    PAUSED,
    /** Stopped by a fault that waiting does not mend: the message says why and what to do. */
    FAILED
}
