package io.millrace.catalog;

/** Names of alerts. Fixed for ever: monitoring matches them. */
public final class AlertName {

    /** A table's columns changed in a way that a sink cannot follow by itself, for example the type of one that an index has a field for. */
    public static final String SINK_CANNOT_FOLLOW_SCHEMA = "sink-cannot-follow-schema";
    /** A sink cannot go on with a table by itself, for another reason than a change of its columns. */
    public static final String SINK_STOPPED = "sink-stopped";
    /** The source calls a captured table by another name than it was registered under. */
    public static final String TABLE_RENAMED = "table-renamed";
    /** A table cannot be captured, or its rows cannot be read, until somebody mends that. */
    public static final String TABLE_FAILED = "table-failed";
    /** A captured table was dropped at the source. */
    public static final String TABLE_DROPPED = "table-dropped";
    /** What tells the rows of a captured table apart is another than before. */
    public static final String TABLE_KEY_CHANGED = "table-key-changed";
    /** A captured table lost its key: only INSERT and TRUNCATE are seen. */
    public static final String TABLE_KEY_LOST = "table-key-lost";

    private AlertName() {}
}
