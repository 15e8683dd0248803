package io.millrace.capture.snapshot;

import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an error means that PostgreSQL met while rows were read (documentation, appendix A). */
final class ReadingFailure {

    private static final String NOT_ALLOWED = "42501";

    /** Cardinality, data, routines, limits, PL/pgSQL: what an expression can meet at a row. */
    private static final Set<String> OF_AN_EXPRESSION = Set.of("21", "22", "2F", "38", "39", "54", "P0");

    private ReadingFailure() {}

    /**
     * Returns whether it stays however often it is tried. A privilege that lacks does, and a filter that fails at a row. A table or column
     * that is not there may be one that was renamed since it was looked up; a table that was dropped is found out elsewhere.
     */
    static boolean isFinal(@Nullable String filter, SQLException e) {
        @Nullable String state = e.getSQLState();
        return NOT_ALLOWED.equals(state)
                || filter != null
                        && state != null
                        && state.length() == 5
                        && OF_AN_EXPRESSION.contains(state.substring(0, 2));
    }
}
