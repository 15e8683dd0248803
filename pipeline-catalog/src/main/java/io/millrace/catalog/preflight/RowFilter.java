package io.millrace.catalog.preflight;

import io.millrace.catalog.Source;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A condition on the rows of a table that a person wrote, checked by PostgreSQL itself: planned as the only condition of a query, in a
 * transaction that can only read, with the rights of the source's user; every function in it must be free of side effects
 * ({@code IMMUTABLE} or {@code STABLE}), and look at nothing but the row. What PostgreSQL says of an error at a row is told to nobody: it
 * quotes values, masked ones too. Thread-safe.
 *
 * @param jdbc the expression as a prepared statement of the driver needs it
 * @param estimatedRows how many rows the planner expects
 */
public record RowFilter(String jdbc, long estimatedRows) {

    /** As in the sessions that read: so '2026-01-01' means the same moment here and there. */
    private static final String SESSION = "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601";

    private static final int LONGEST = 4000;
    private static final Pattern ROWS = Pattern.compile("\"Plan Rows\": (\\d+)");

    /** Functions that read other tables, files, large objects, sequences or settings, whatever PostgreSQL calls their volatility. */
    private static final Pattern ELSEWHERE =
            Pattern.compile("(query|table|schema|database|cursor)_to_xml.*|dblink.*|crosstab.*"
                    + "|connectby.*|xpath_table|ts_stat|pg_read_.*|pg_ls_.*|pg_stat_file|pg_get_.*|lo_.*|loread|lowrite"
                    + "|(curr|last|next|set)val|set_config|current_setting");

    private static final Set<String> MAY_PASS = Set.of("08", "40", "53", "55", "57", "58");
    private static final String TOO_LONG = "57014";

    private static final String VOLATILE = """
            SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE p.proname = ? AND p.provolatile = 'v' AND CASE WHEN ? THEN n.nspname = ? ELSE pg_function_is_visible(p.oid) END
            LIMIT 1
            """;

    /** Why a filter is not taken; the message is a sentence for people. */
    public static final class Refused extends Exception {
        Refused(String message) {
            super(message);
        }
    }

    /**
     * Checks a filter over a connection of its own.
     *
     * @throws Refused if it is not taken, or the source does not answer
     */
    public static RowFilter check(Source source, TableId table, String expression) throws Refused {
        try (Connection connection = SourceConnection.open(source, "millrace-preflight", SESSION)) {
            return check(connection, table, expression);
        } catch (SQLException e) {
            throw new Refused(SourceConnection.refused(source, e).text());
        }
    }

    /**
     * Checks a filter over a connection of the source's user that is in auto-commit mode, and is again after.
     *
     * @throws Refused if it is not taken
     */
    public static RowFilter check(Connection connection, TableId table, String expression)
            throws Refused, SQLException {
        if (expression.length() > LONGEST) {
            throw new Refused("The filter is longer than " + LONGEST + " characters.");
        }
        FilterText.Accepted text = text(expression);
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TRANSACTION READ ONLY");
            statement.execute("SET LOCAL standard_conforming_strings = on");
            statement.execute("SET LOCAL statement_timeout = '3s'");
            for (FilterText.Call call : text.calls()) {
                harmless(connection, call);
            }
            String query = " FROM " + table.quoted() + " WHERE (" + text.jdbc() + ")";
            long estimated = planned(connection, query);
            tried(connection, query);
            return new RowFilter(text.jdbc(), estimated);
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    private static FilterText.Accepted text(String expression) throws Refused {
        try {
            return FilterText.read(expression);
        } catch (FilterText.Refused e) {
            throw new Refused(String.valueOf(e.getMessage()));
        }
    }

    private static void harmless(Connection connection, FilterText.Call call) throws Refused, SQLException {
        if (ELSEWHERE.matcher(call.name()).matches()) {
            throw new Refused(
                    "The function " + call.name() + " looks at more than the row: at other tables, files, sequences"
                            + " or settings. A filter takes functions of the row's own values only.");
        }
        try (PreparedStatement statement = connection.prepareStatement(VOLATILE)) {
            statement.setString(1, call.name());
            statement.setBoolean(2, call.schema() != null);
            statement.setString(3, call.schema());
            try (ResultSet row = statement.executeQuery()) {
                if (row.next()) {
                    throw new Refused(
                            "The function " + row.getString(1) + " is volatile: it may do something, or answer"
                                    + " differently for the same row. A filter takes immutable and stable functions only.");
                }
            }
        }
    }

    private static long planned(Connection connection, String query) throws Refused, SQLException {
        try (PreparedStatement statement = connection.prepareStatement("EXPLAIN (FORMAT JSON) SELECT" + query);
                ResultSet row = statement.executeQuery()) {
            row.next();
            Matcher rows = ROWS.matcher(row.getString(1));
            return rows.find() ? Long.parseLong(rows.group(1)) : 0;
        } catch (SQLException e) {
            if (TOO_LONG.equals(e.getSQLState())) {
                throw new Refused("PostgreSQL needs longer than three seconds to plan the filter. Make it simpler.");
            }
            if (String.valueOf(e.getSQLState()).startsWith("42")) {
                // it speaks of names and types, which whoever wrote the filter must know
                throw new Refused("PostgreSQL does not take the filter: " + e.getMessage());
            }
            throw refused(e);
        }
    }

    /** A division by zero or a value that cannot be cast shows only at a row. One that comes later ends the snapshot. */
    private static void tried(Connection connection, String query) throws Refused, SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT" + query + " LIMIT 1");
                ResultSet row = statement.executeQuery()) {
            row.next();
        } catch (SQLException e) {
            if (!TOO_LONG.equals(e.getSQLState())) {
                throw refused(e);
            }
        }
    }

    private static Refused refused(SQLException e) throws SQLException {
        @Nullable String state = e.getSQLState();
        if (state == null || state.length() < 2 || MAY_PASS.contains(state.substring(0, 2))) {
            throw e;
        }
        return new Refused(failed(e));
    }

    /** Returns what is told of an error that a filter met at a value: which one, and none of PostgreSQL's words. */
    public static String failed(SQLException e) {
        return "The filter fails at a value, its own or a row's, with PostgreSQL's error " + e.getSQLState()
                + " (see \"PostgreSQL Error Codes\" in its documentation; its words are not shown, since they quote values)."
                + " Write it such that it holds for every row, for example with CASE.";
    }
}
