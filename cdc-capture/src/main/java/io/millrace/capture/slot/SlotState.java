package io.millrace.capture.slot;

import io.millrace.event.Lsn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A replication slot as the source shows it.
 *
 * @param walStatus {@code lost} where WAL that it needs is gone
 * @param invalidation why the server gave it up; null where it did not, and before PostgreSQL 16
 * @param inactiveSince since when nobody reads it, as text; null while someone does, and before PostgreSQL 17
 * @param activePid process that reads it; null when none does
 * @param reader application name of that process
 * @param confirmedLsn what the slot was told; null before its creation ended
 * @param retainedBytes of WAL that the source keeps for it
 * @param safeBytes that may still be written before it is in danger of being lost ({@code max_slot_wal_keep_size}); null without a limit
 */
public record SlotState(
        String plugin,
        @Nullable String database,
        @Nullable String walStatus,
        @Nullable String invalidation,
        @Nullable String inactiveSince,
        @Nullable Integer activePid,
        @Nullable String reader,
        @Nullable Long confirmedLsn,
        long retainedBytes,
        @Nullable Long safeBytes) {

    /** Returns whether more than four fifths of what the source keeps at most are kept already: time to act. */
    public boolean isInDanger() {
        return "unreserved".equals(walStatus) || safeBytes != null && safeBytes < retainedBytes / 4;
    }

    /** Columns that older servers do not have are asked for as members of the row's JSON. */
    private static final String SLOT = """
            SELECT s.plugin, s.database, s.wal_status, s.active_pid, s.confirmed_flush_lsn::text AS confirmed,
                   to_jsonb(s) ->> 'invalidation_reason' AS invalidation, to_jsonb(s) ->> 'inactive_since' AS inactive_since,
                   (SELECT a.application_name FROM pg_stat_activity a WHERE a.pid = s.active_pid) AS reader,
                   coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0)::bigint AS retained,
                   s.safe_wal_size AS safe
            FROM pg_replication_slots s WHERE s.slot_name = ?
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
                        row.getString("invalidation"),
                        row.getString("inactive_since"),
                        (Integer) row.getObject("active_pid"),
                        row.getString("reader"),
                        confirmed == null ? null : Lsn.parse(confirmed),
                        row.getLong("retained"),
                        (Long) row.getObject("safe")));
            }
        }
    }
}
