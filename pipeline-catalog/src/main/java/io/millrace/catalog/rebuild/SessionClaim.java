package io.millrace.catalog.rebuild;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.JdbcUtils;

/** An advisory lock of a database session, which the database gives back when the session ends. */
record SessionClaim(Connection connection, int id) implements Rebuilds.Claim {

    /** The first half of the locks' keys: "rebu". */
    private static final int LOCKS = 0x72656275;

    /** Takes the lock if nobody has it. */
    static Optional<Rebuilds.Claim> take(DataSource dataSource, int id) {
        Connection connection = DataSourceUtils.getConnection(dataSource);
        try (PreparedStatement lock = connection.prepareStatement("SELECT pg_try_advisory_lock(?, ?)")) {
            lock.setInt(1, LOCKS);
            lock.setInt(2, id);
            try (ResultSet answer = lock.executeQuery()) {
                answer.next();
                if (answer.getBoolean(1)) {
                    return Optional.of(new SessionClaim(connection, id));
                }
            }
        } catch (SQLException e) {
            JdbcUtils.closeConnection(connection);
            throw new DataAccessResourceFailureException("The rebuild cannot be claimed", e);
        }
        JdbcUtils.closeConnection(connection);
        return Optional.empty();
    }

    @Override
    public boolean isHeld() {
        try {
            return connection.isValid(2);
        } catch (SQLException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try (PreparedStatement unlock = connection.prepareStatement("SELECT pg_advisory_unlock(?, ?)")) {
            unlock.setInt(1, LOCKS);
            unlock.setInt(2, id);
            unlock.execute();
        } catch (SQLException e) {
            // the session is gone, and its lock with it
        }
        JdbcUtils.closeConnection(connection);
    }
}
