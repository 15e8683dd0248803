package io.millrace.sync.sink;

/** Decides what becomes of a write that failed. */
public enum ErrorCategory {
    /** The service is not there, overloaded or not ready: waited for, in order, without end. */
    RETRYABLE,
    /** This record can never be written: to the dead letters, the rest goes on. */
    REJECTED,
    /** The change lacks values and the sink holds no row to take them from: nothing is written, and capture is asked for the row. */
    INCOMPLETE,
    /** The sink cannot take this table without a person: its binding is FAILED, with the message. */
    FATAL
}
