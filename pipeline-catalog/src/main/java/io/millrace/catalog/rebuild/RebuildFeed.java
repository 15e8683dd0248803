package io.millrace.catalog.rebuild;

/** What a copy is filled from. */
public enum RebuildFeed {
    /** The table's topic from its beginning: it still holds every change. */
    TOPIC,
    /** A new snapshot of the table, delivered like any: retention deleted the beginning of the topic. */
    SNAPSHOT
}
