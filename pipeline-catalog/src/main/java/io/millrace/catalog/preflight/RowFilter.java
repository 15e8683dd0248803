package io.millrace.catalog.preflight;

import io.millrace.catalog.Source;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A condition on the rows of a table that a person wrote, checked by PostgreSQL itself: planned as the only condition of a query, in a
 * transaction that can only read, with the rights of the source's user; every function in it must be free of side effects
 * ({@code IMMUTABLE} or {@code STABLE}). Thread-safe.
 *
 * @param jdbc the expression as a prepared statement of the driver needs it
 * @param estimatedRows how many rows the planner expects
 */
public record RowFilter(String jdbc, long estimatedRows) {

    /** As in the sessions that read: so '2026-01-01' means the same moment here and there. */
    private static final String SESSION = "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601";

    private static final int LONGEST = 4000;
    private static final Pattern ROWS = Pattern.compile("\"Plan Rows\": (\\d+)");

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
            throw refused(e);
        }
    }

    /** A division by zero or a value that cannot be cast shows only at a row. One that comes later ends the snapshot, with its message. */
    private static void tried(Connection connection, String query) throws Refused, SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT" + query + " LIMIT 1");
                ResultSet row = statement.executeQuery()) {
            row.next();
        } catch (SQLException e) {
            if (!"57014".equals(e.getSQLState())) {
                throw refused(e);
            }
        }
    }

    private static Refused refused(SQLException e) throws SQLException {
        @Nullable String state = e.getSQLState();
        if (state == null || state.startsWith("08")) {
            throw e;
        }
        return new Refused("PostgreSQL does not take the filter: " + e.getMessage());
    }
}
