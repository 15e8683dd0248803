package io.millrace.e2e.comparison;

import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Set;
import java.util.function.Consumer;
import javax.sql.DataSource;

/** The rows that the change history says exist: the last state of every key since the last truncate. */
public final class HistoryRows implements RowStore {

    private static final String LAST_STATES = """
            SELECT after, unavailable_columns FROM (
                SELECT DISTINCT ON (key) * FROM millrace.change_history h
                WHERE source = ? AND schema_name = ? AND table_name = ? AND operation NOT IN ('truncate', 'gap')
                  AND NOT EXISTS (
                      SELECT FROM millrace.change_history t
                      WHERE t.source = h.source AND t.schema_name = h.schema_name AND t.table_name = h.table_name
                        AND t.operation = 'truncate'
                        AND (t.epoch, t.commit_lsn, t.ordinal) > (h.epoch, h.commit_lsn, h.ordinal))
                ORDER BY key, epoch DESC, commit_lsn DESC, ordinal DESC) last
            WHERE operation <> 'delete'
            """;

    private final DataSource platform;

    public HistoryRows(DataSource platform) {
        this.platform = platform;
    }

    @Override
    public String name() {
        return "audit";
    }

    @Override
    public void rows(String source, TableId table, Consumer<StoredRow> reader) {
        try (Connection connection = platform.getConnection();
                PreparedStatement query = prepare(connection, LAST_STATES, source, table)) {
            // the driver reads some rows at a time only within a transaction
            connection.setAutoCommit(false);
            query.setFetchSize(5_000);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    reader.accept(new StoredRow(
                            row.getString(1), Set.of((String[]) row.getArray(2).getArray())));
                }
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot read the history of " + table, e);
        }
    }

    /** Returns how many changes the history holds more than once; 0 is what is promised (P1). */
    public long repeatedEvents(String source, TableId table) {
        return number("""
                SELECT count(*) - count(DISTINCT event_id) FROM millrace.change_history
                WHERE source = ? AND schema_name = ? AND table_name = ? AND operation <> 'read'
                """, source, table);
    }

    /** Returns how many events of one kind the history holds of a table. */
    public long events(String source, TableId table, String operation) {
        if (!operation.matches("[a-z]+")) {
            throw new IllegalArgumentException("Not an operation: " + operation);
        }
        return number(
                "SELECT count(*) FROM millrace.change_history WHERE source = ? AND schema_name = ? AND table_name = ?"
                        + " AND operation = '" + operation + "'",
                source,
                table);
    }

    /** Returns how many events were appended before an earlier change of the same row; 0 is what is promised (P1). */
    public long outOfOrder(String source, TableId table) {
        return number("""
                SELECT count(*) FROM (
                    SELECT (epoch, commit_lsn, ordinal) < lag((epoch, commit_lsn, ordinal)) OVER (PARTITION BY key ORDER BY seq) AS back
                    FROM millrace.change_history
                    WHERE source = ? AND schema_name = ? AND table_name = ? AND operation <> 'read') o
                WHERE back
                """, source, table);
    }

    private long number(String sql, String source, TableId table) {
        try (Connection connection = platform.getConnection();
                PreparedStatement query = prepare(connection, sql, source, table);
                ResultSet row = query.executeQuery()) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot read the history of " + table, e);
        }
    }

    private static PreparedStatement prepare(Connection connection, String sql, String source, TableId table)
            throws SQLException {
        PreparedStatement query = connection.prepareStatement(sql);
        query.setString(1, source);
        query.setString(2, table.schema());
        query.setString(3, table.table());
        return query;
    }
}
