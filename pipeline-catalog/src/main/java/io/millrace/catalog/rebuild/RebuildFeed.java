package io.millrace.catalog.rebuild;

/** What a copy is filled from. */
public enum RebuildFeed {
    /**
     * The table's topic: from its beginning while it still holds every change, or from before a snapshot that makes up for what it lost,
     * where delivery is stopped.
     */
    TOPIC,
    /** A new snapshot of the table, delivered like any: retention deleted the beginning of the topic. */
    SNAPSHOT
}
