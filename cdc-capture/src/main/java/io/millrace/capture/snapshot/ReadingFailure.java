package io.millrace.capture.snapshot;

import io.millrace.catalog.preflight.RowFilter;
import io.millrace.event.TableId;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an error means that PostgreSQL met while rows were read (documentation, appendix A). */
final class ReadingFailure {

    private static final String NOT_ALLOWED = "42501";

    /** Cardinality, data, routines, limits, PL/pgSQL: what an expression can meet at a row. */
    private static final Set<String> OF_AN_EXPRESSION = Set.of("21", "22", "2F", "38", "39", "54", "P0");

    /** Connections, names, rights, locks, the server: of these PostgreSQL speaks without a value of a row. */
    private static final Set<String> QUOTES_NO_VALUE = Set.of("08", "28", "3D", "40", "42", "53", "55", "57", "58");

    private ReadingFailure() {}

    /**
     * Returns whether it stays however often it is tried. A privilege that lacks does, and a filter that fails at a row. A table or column
     * that is not there may be one that was renamed since it was looked up; a table that was dropped is found out elsewhere.
     */
    static boolean isFinal(@Nullable String filter, SQLException e) {
        return NOT_ALLOWED.equals(e.getSQLState()) || filter != null && OF_AN_EXPRESSION.contains(errorClass(e));
    }

    /** Returns what people are told of an error that is final. */
    static String message(TableId table, @Nullable String filter, SQLException e) {
        return filter == null
                ? "The rows of " + table + " cannot be read: " + said(null, e) + "."
                : RowFilter.failed(e);
    }

    /** Returns what may be logged and shown of an error: no value of a row. */
    static String said(@Nullable String filter, Throwable e) {
        if (!(e instanceof SQLException sql)) {
            return String.valueOf(e.getMessage());
        }
        // a function in a filter may raise what it likes
        boolean harmless = sql.getSQLState() == null
                || QUOTES_NO_VALUE.contains(errorClass(sql))
                        && (filter == null || !errorClass(sql).equals("42"));
        return harmless
                ? String.valueOf(e.getMessage())
                : "PostgreSQL's error " + sql.getSQLState() + " (its words may quote values)";
    }

    private static String errorClass(SQLException e) {
        @Nullable String state = e.getSQLState();
        return state == null || state.length() != 5 ? "" : state.substring(0, 2);
    }
}
