package io.millrace.capture.slot;

import io.millrace.event.Lsn;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Which cluster a source is, and where it stands.
 *
 * @param timeline that it writes now; that of its last checkpoint would be the old one for a while after a promotion
 * @param walLsn how far its WAL is
 */
public record Cluster(String systemIdentifier, int timeline, long walLsn) {

    private static final String READ = """
            SELECT system_identifier::text, ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int,
                   pg_current_wal_insert_lsn()::text
            FROM pg_control_system()
            """;

    /**
     * Reads a primary.
     *
     * @throws SourceNotReadyException if it is a standby
     */
    public static Cluster read(Connection connection) throws SQLException, SourceNotReadyException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("SELECT pg_is_in_recovery()")) {
                row.next();
                if (row.getBoolean(1)) {
                    throw new SourceNotReadyException(
                            "The server is a standby, which takes no writes; waiting until it is promoted.");
                }
            }
            try (ResultSet row = statement.executeQuery(READ)) {
                row.next();
                return new Cluster(row.getString(1), row.getInt(2), Lsn.parse(row.getString(3)));
            }
        }
    }
}
