package io.millrace.capture.slot;

import io.millrace.event.Lsn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A replication slot as the source shows it.
 *
 * @param walStatus {@code lost} where WAL that it needs is gone
 * @param activePid process that reads it; null when none does
 * @param confirmedLsn what the slot was told; null before its creation ended
 * @param retainedBytes of WAL that the source keeps for it
 */
public record SlotState(
        String plugin,
        @Nullable String database,
        @Nullable String walStatus,
        @Nullable Integer activePid,
        @Nullable Long confirmedLsn,
        long retainedBytes) {

    private static final String SLOT = """
            SELECT plugin, database, wal_status, active_pid, confirmed_flush_lsn::text AS confirmed,
                   coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint AS retained
            FROM pg_replication_slots WHERE slot_name = ?
            """;

    /** Reads a slot; empty where there is none. */
    public static Optional<SlotState> read(Connection connection, String slot) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SLOT)) {
            statement.setString(1, slot);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                String confirmed = row.getString("confirmed");
                return Optional.of(new SlotState(
                        row.getString("plugin"),
                        row.getString("database"),
                        row.getString("wal_status"),
                        (Integer) row.getObject("active_pid"),
                        confirmed == null ? null : Lsn.parse(confirmed),
                        row.getLong("retained")));
            }
        }
    }

    /** Which cluster a source is, and on which timeline. */
    public record Cluster(String systemIdentifier, int timeline) {

        /** Reads both. */
        public static Cluster read(Connection connection) throws SQLException {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT system_identifier::text, timeline_id"
                            + " FROM pg_control_system(), pg_control_checkpoint()")) {
                row.next();
                return new Cluster(row.getString(1), row.getInt(2));
            }
        }
    }
}
