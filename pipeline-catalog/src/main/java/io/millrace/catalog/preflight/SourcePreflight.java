package io.millrace.catalog.preflight;

import static io.millrace.event.TableId.quote;

import io.millrace.catalog.Source;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Checks whether a source can be captured at all. Changes nothing there. Thread-safe. */
public final class SourcePreflight {

    /** From this version on pgoutput sends logical messages, which barriers and snapshots need. */
    private static final int OLDEST_VERSION = 14;

    private static final String FACTS = """
            SELECT current_setting('server_version_num')::int / 10000 AS version,
                   current_setting('server_version') AS version_text,
                   current_setting('wal_level') AS wal_level,
                   pg_is_in_recovery() AS standby,
                   r.rolsuper OR r.rolreplication
                     OR coalesce((SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = 'rds_replication'), false)
                     AS may_replicate,
                   r.rolsuper OR has_database_privilege(current_database(), 'CREATE') AS may_create,
                   EXISTS (SELECT FROM pg_publication WHERE pubname = ?) AS has_publication,
                   EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = ?) AS has_slot,
                   current_setting('max_replication_slots')::int AS slots,
                   (SELECT count(*)::int FROM pg_replication_slots) AS slots_used,
                   current_setting('max_wal_senders')::int AS senders,
                   (SELECT count(*)::int FROM pg_stat_replication) AS senders_used,
                   current_setting('max_slot_wal_keep_size') AS keep_size
            FROM pg_roles r WHERE r.rolname = current_user
            """;

    /** Connects and checks; a source that does not answer, or refuses the login, is a finding too. */
    public List<Finding> check(Source source) {
        try (Connection connection = SourceConnection.open(source, "millrace-preflight")) {
            return check(connection, source);
        } catch (SQLException e) {
            return List.of(SourceConnection.refused(source, e));
        }
    }

    /** Checks over a connection of the source's user. */
    public List<Finding> check(Connection connection, Source source) throws SQLException {
        List<Finding> findings = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(FACTS)) {
            statement.setString(1, source.publication());
            statement.setString(2, source.slot());
            try (ResultSet facts = statement.executeQuery()) {
                facts.next();
                server(facts, findings);
                privileges(facts, source, findings);
                if (!facts.getBoolean("has_slot")) {
                    capacity(facts, findings);
                }
            }
        }
        return findings;
    }

    private static void server(ResultSet facts, List<Finding> findings) throws SQLException {
        if (facts.getInt("version") < OLDEST_VERSION) {
            findings.add(Finding.error(
                    "version",
                    "The server is PostgreSQL " + facts.getString("version_text") + "; Millrace needs " + OLDEST_VERSION
                            + " or newer.",
                    "Upgrade the server.",
                    null));
        }
        if (facts.getBoolean("standby")) {
            findings.add(Finding.error(
                    "standby",
                    "The server is a standby; Millrace writes a publication and watermarks, and a standby takes no writes.",
                    "Register the primary.",
                    null));
        }
        String walLevel = facts.getString("wal_level");
        if (!"logical".equals(walLevel)) {
            findings.add(Finding.error(
                    "wal-level",
                    "wal_level is " + walLevel + "; changes can only be read at wal_level logical.",
                    "Run this, then restart the server.",
                    "ALTER SYSTEM SET wal_level = 'logical';"));
        }
        if ("-1".equals(facts.getString("keep_size"))) {
            findings.add(Finding.warning(
                    "wal-unbounded",
                    "max_slot_wal_keep_size is -1: while Millrace is stopped, the source keeps WAL without limit.",
                    "Watch the metric millrace_slot_retained_bytes, or set a limit; a slot beyond it is lost and needs new snapshots.",
                    "ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();"));
        }
    }

    private static void privileges(ResultSet facts, Source source, List<Finding> findings) throws SQLException {
        if (!facts.getBoolean("may_replicate")) {
            findings.add(Finding.error(
                    "no-replication-privilege",
                    "The user " + source.username() + " may not replicate.",
                    null,
                    "ALTER ROLE " + quote(source.username()) + " WITH REPLICATION;"));
        }
        if (!facts.getBoolean("has_publication") && !facts.getBoolean("may_create")) {
            findings.add(Finding.error(
                    "no-create-privilege",
                    "The user " + source.username() + " may not create the publication " + source.publication()
                            + " in the database " + source.database() + ".",
                    null,
                    "GRANT CREATE ON DATABASE " + quote(source.database()) + " TO " + quote(source.username()) + ";"));
        }
    }

    private static void capacity(ResultSet facts, List<Finding> findings) throws SQLException {
        int slots = facts.getInt("slots");
        if (facts.getInt("slots_used") >= slots) {
            findings.add(Finding.error(
                    "no-free-slot",
                    "All " + slots + " replication slots of the server are taken.",
                    "Drop a slot that nobody reads (SELECT slot_name, active FROM pg_replication_slots), or run this and"
                            + " restart the server.",
                    "ALTER SYSTEM SET max_replication_slots = " + (slots + 4) + ";"));
        }
        int senders = facts.getInt("senders");
        if (facts.getInt("senders_used") >= senders) {
            findings.add(Finding.error(
                    "no-free-wal-sender",
                    "All " + senders + " WAL senders of the server are taken.",
                    "Run this, then restart the server.",
                    "ALTER SYSTEM SET max_wal_senders = " + (senders + 4) + ";"));
        }
    }
}
