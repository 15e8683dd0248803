package io.millrace.admin.sinks;

import java.util.Locale;

/**
 * A place that changes go to.
 *
 * @param name as the workers and the catalog know it
 */
public record Sink(String name) {

    /** The sink that appends every change to the history, and so takes tables without a key too. */
    public static final String AUDIT = "audit";

    /** Returns the name as people write it. */
    public String title() {
        return switch (name) {
            case "elasticsearch" -> "Elasticsearch";
            case "redis" -> "Redis";
            case AUDIT -> "History";
            default -> name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
        };
    }

    /** Returns whether it keeps the present state of rows, so that rows must be told apart by a key. */
    public boolean needsKey() {
        return !name.equals(AUDIT);
    }

    /** Returns what it is for, in a few words. */
    public String purpose() {
        return switch (name) {
            case "elasticsearch" -> "One document for each row, kept equal to it.";
            case "redis" -> "One entry for each row, kept equal to it.";
            case AUDIT -> "Every change with before and after, appended and never altered.";
            default -> "";
        };
    }
}
