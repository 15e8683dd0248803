package io.millrace.admin.sinks;

import io.millrace.catalog.SinkDescription;
import java.util.Locale;

/**
 * A place that changes go to.
 *
 * @param name as the workers and the catalog know it
 * @param title as people write it
 * @param purpose what it is for, a sentence; may be empty
 * @param needsKey whether it tells rows apart, so that a table must have a key
 */
public record Sink(String name, String title, String purpose, boolean needsKey) {

    /** The sink that appends every change to the history, and so takes tables without a key too. */
    public static final String AUDIT = "audit";

    /** Makes one of which nothing but the name is known; shown until a worker has described it. */
    public Sink(String name) {
        this(name, titleOf(name), "", !name.equals(AUDIT));
    }

    /** Returns whether a table's options and rebuild are there to be chosen. */
    public boolean isRebuildable() {
        return TableRebuilds.rebuildable(name);
    }

    static Sink of(SinkDescription published) {
        return new Sink(published.name(), published.title(), published.purpose(), published.needsKey());
    }

    private static String titleOf(String name) {
        return name.equals(AUDIT) ? "History" : name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    }
}
