package io.millrace.e2e.comparison;

import java.util.List;

/**
 * One row on which source and sink disagree.
 *
 * @param key the row's key as text
 * @param kind what is wrong
 * @param columns which columns differ, for {@link Kind#DIFFERENT}
 */
public record Difference(String key, Kind kind, List<String> columns) {

    /** How the two disagree. */
    public enum Kind {
        /** The source has the row, the sink lacks it. */
        MISSING,
        /** The sink has a row that the source lacks. */
        SURPLUS,
        /** Both have it, with other values. */
        DIFFERENT
    }
}
