package io.millrace.catalog;

/** Where capture of a source stands. */
public enum SourceState {
    /** Registered; no capture process has taken it yet. */
    PENDING,
    /** Changes flow. */
    STREAMING,
    /** The source or Kafka does not answer; tried again with backoff. */
    WAITING,
    /** Stopped by a person. */
    PAUSED,
    /** Cannot go on without a person: the message says why and what to do. */
    FAILED
}
