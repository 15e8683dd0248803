package io.millrace.capture.snapshot;

import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.catalog.preflight.SourceLocks;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;

/**
 * Publishes a table without a key at a moment when nobody writes to it, and keeps a view of the database of that very moment. What was
 * committed before is in the view alone, what comes after in the stream alone.
 */
final class KeylessStart {

    /** So long writers may have to queue behind our lock that waits for one of them. */
    private static final String PATIENCE = "300ms";

    private static final Duration VIEW = Duration.ofSeconds(10);

    private final Source source;

    KeylessStart(Source source) {
        this.source = source;
    }

    /** Returns the connection that has the view, in a transaction; empty if the table could not be locked, and nothing was done. */
    Optional<Connection> publish(Connection connection, TableId table, String alterPublication) throws SQLException {
        return SourceLocks.queryUnlessHeld(() -> locked(connection, table, alterPublication));
    }

    private Connection locked(Connection connection, TableId table, String alterPublication) throws SQLException {
        connection.setAutoCommit(false);
        Connection view = null;
        boolean published = false;
        try (Statement statement = connection.createStatement()) {
            // a lock that a lost connection leaves behind ends soon, too
            statement.execute("SET LOCAL lock_timeout = '" + PATIENCE
                    + "'; SET LOCAL idle_in_transaction_session_timeout = '10s'");
            // against INSERT, UPDATE, DELETE, TRUNCATE and COPY, not against readers
            statement.execute("LOCK TABLE " + table.quoted() + " IN SHARE MODE");
            view = view();
            statement.execute(alterPublication);
            connection.commit();
            published = true;
            return view;
        } finally {
            if (!published) {
                connection.rollback();
                if (view != null) {
                    view.close();
                }
            }
            connection.setAutoCommit(true);
        }
    }

    private Connection view() throws SQLException {
        Connection view = ChunkReading.open(source);
        try (Statement statement = view.createStatement()) {
            SourceConnection.limit(view, VIEW);
            view.setAutoCommit(false);
            view.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            // the first statement takes the snapshot
            statement.execute("SELECT 1");
            SourceConnection.liftLimit(view);
            return view;
        } catch (SQLException e) {
            view.close();
            throw e;
        }
    }
}
