package io.millrace.catalog.preflight;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What to do where somebody else holds what statements need at a source: to wait a moment, and to go on without them. Thread-safe. */
public final class SourceLocks {

    private static final Logger LOG = LoggerFactory.getLogger(SourceLocks.class);
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private SourceLocks() {}

    /** Statements that answer something. */
    @FunctionalInterface
    public interface Query<T> {
        T run() throws SQLException;
    }

    /** Statements that answer nothing. */
    @FunctionalInterface
    public interface Statements {
        void run() throws SQLException;
    }

    /** Has statements fail that wait for a lock for longer; {@link #isRefused} tells such a failure. */
    public static void timeout(Connection connection, Duration timeout) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET lock_timeout = " + timeout.toMillis());
        }
    }

    /** Tells whether a statement failed because somebody else holds a lock; the connection is as good as before. */
    public static boolean isRefused(SQLException e) {
        return LOCK_NOT_AVAILABLE.equals(e.getSQLState());
    }

    /** Returns what statements answer; empty where one failed because somebody else holds a lock. */
    public static <T> Optional<T> queryUnlessHeld(Query<T> query) throws SQLException {
        try {
            return Optional.of(query.run());
        } catch (SQLException e) {
            if (!isRefused(e)) {
                throw e;
            }
            LOG.debug("Somebody else holds what is needed", e);
            return Optional.empty();
        }
    }

    /** Runs statements; returns false where one failed because somebody else holds a lock. */
    public static boolean runUnlessHeld(Statements statements) throws SQLException {
        return queryUnlessHeld(() -> {
                    statements.run();
                    return true;
                })
                .isPresent();
    }
}
