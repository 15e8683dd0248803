package io.millrace.capture.slot;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Lets one process capture a source and the others stand by: an advisory lock in the platform database, held by a connection of its
 * own, and so gone with the process.
 */
public final class SourceLock implements AutoCloseable {

    /** First half of the lock's key: "mill". */
    private static final int SPACE = 0x6d696c6c;

    private final Connection connection;

    private SourceLock(Connection connection) {
        this.connection = connection;
    }

    /** Returns the lock, or null while another process has it. */
    public static @Nullable SourceLock tryAcquire(DataSource platform, String source) throws SQLException {
        Connection connection = platform.getConnection();
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_try_advisory_lock(?, hashtext(?))")) {
            statement.setInt(1, SPACE);
            statement.setString(2, source);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                if (row.getBoolean(1)) {
                    return new SourceLock(connection);
                }
            }
            connection.close();
            return null;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** Returns whether the connection that holds it still lives; waits two seconds at most. */
    public boolean isHeld() {
        try {
            return connection.isValid(2);
        } catch (SQLException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try (connection;
                PreparedStatement statement = connection.prepareStatement("SELECT pg_advisory_unlock_all()")) {
            statement.execute();
        } catch (SQLException e) {
            // a connection that is gone holds no lock
        }
    }
}
