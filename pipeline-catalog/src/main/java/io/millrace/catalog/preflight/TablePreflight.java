package io.millrace.catalog.preflight;

import static io.millrace.event.TableId.quote;

import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.Source;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Checks whether a table can be captured, and what capturing it would not see. Changes nothing at the source. Thread-safe. */
public final class TablePreflight {

    private static final String RIGHTS = """
            SELECT has_schema_privilege(n.oid, 'USAGE') AS may_use_schema,
                   has_table_privilege(c.oid, 'SELECT') AS may_select,
                   pg_has_role(current_user, c.relowner, 'USAGE') AS owns,
                   pg_get_userbyid(c.relowner) AS owner,
                   EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
                           WHERE r.prrelid = c.oid AND p.pubname IN (?, ?)) AS published,
                   c.relrowsecurity AND NOT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS row_security,
                   EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                           AND a.attgenerated <> ''
                           AND NOT (a.attgenerated = 's' AND current_setting('server_version_num')::int >= 180000)) AS generated,
                   (SELECT string_agg(t.relid::regclass::text, ', ')
                    FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid
                    WHERE t.isleaf AND c.relkind = 'p' AND l.relreplident = 'n') AS blind_partitions
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ? AND c.relname = ?
            """;

    private final SourceTables tables = new SourceTables();

    /**
     * Connects and checks.
     *
     * @param needsKey whether one of the sinks keeps the present state of rows (a search index, a cache), so that rows must be told
     *     apart; false where only the change history takes the table
     */
    public List<Finding> check(Source source, TableId table, boolean needsKey) {
        try (Connection connection = SourceConnection.open(source, "millrace-preflight")) {
            return check(connection, source, table, needsKey);
        } catch (SQLException e) {
            return List.of(SourceConnection.refused(source, e));
        }
    }

    /** Checks over a connection of the source's user. */
    public List<Finding> check(Connection connection, Source source, TableId table, boolean needsKey)
            throws SQLException {
        List<Finding> findings = new ArrayList<>();
        Optional<SourceTable> found = tables.find(connection, table);
        if (found.isEmpty()) {
            return List.of(Finding.error(
                    "no-table",
                    "There is no table " + table + " in the database " + source.database() + ", or none that the user "
                            + source.username() + " can see.",
                    "Names are case-sensitive here: write them as the source's catalog does.",
                    null));
        }
        SourceTable described = found.get();
        kind(described, findings);
        if (described.capturable()) {
            rights(connection, source, table, findings);
            identity(described, needsKey, findings);
        }
        return findings;
    }

    private static void kind(SourceTable table, List<Finding> findings) {
        switch (table.kind()) {
            case PARTITION ->
                findings.add(Finding.error(
                        "partition",
                        table.table() + " is a partition; its changes come under the name of its root.",
                        "Register the root table.",
                        null));
            case UNLOGGED ->
                findings.add(Finding.error(
                        "not-logged",
                        table.table() + " is unlogged: its changes are not in the WAL.",
                        null,
                        "ALTER TABLE " + table.table().quoted() + " SET LOGGED;"));
            case TEMPORARY ->
                findings.add(Finding.error(
                        "temporary",
                        table.table() + " is a temporary table: its rows are one session's, and its changes are not in"
                                + " the WAL.",
                        "Register a permanent table.",
                        null));
            case FOREIGN ->
                findings.add(Finding.error(
                        "foreign-table",
                        table.table() + " is a foreign table: its rows are on another server, and so is their WAL.",
                        "Add that server as a source and register the table there.",
                        null));
            case VIEW ->
                findings.add(Finding.error(
                        "view",
                        table.table() + " is a view: it has no rows of its own, and PostgreSQL cannot publish it.",
                        "Register the tables behind it.",
                        null));
            case MATERIALIZED_VIEW ->
                findings.add(Finding.error(
                        "materialized-view",
                        table.table() + " is a materialized view: PostgreSQL writes no row changes for REFRESH, and"
                                + " cannot publish it.",
                        "Register the tables behind it.",
                        null));
            case OTHER ->
                findings.add(Finding.error(
                        "not-a-table",
                        table.table() + " is not a table; PostgreSQL cannot publish it.",
                        "Register a table.",
                        null));
            case TABLE, PARTITIONED -> {}
        }
    }

    private static void rights(Connection connection, Source source, TableId table, List<Finding> findings)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(RIGHTS)) {
            statement.setString(1, source.publication());
            statement.setString(2, source.insertOnlyPublication());
            statement.setString(3, table.schema());
            statement.setString(4, table.table());
            try (ResultSet row = statement.executeQuery()) {
                if (row.next()) {
                    rights(row, source, table, findings);
                }
            }
        }
    }

    private static void rights(ResultSet row, Source source, TableId table, List<Finding> findings)
            throws SQLException {
        String user = quote(source.username());
        if (!row.getBoolean("may_use_schema") || !row.getBoolean("may_select")) {
            findings.add(Finding.error(
                    "no-select-privilege",
                    "The user " + source.username() + " may not read " + table + ".",
                    null,
                    "GRANT USAGE ON SCHEMA " + quote(table.schema()) + " TO " + user + "; GRANT SELECT ON "
                            + table.quoted() + " TO " + user + ";"));
        }
        if (!row.getBoolean("owns") && !row.getBoolean("published")) {
            findings.add(Finding.error(
                    "not-owner",
                    "Only the owner of " + table + " may publish it, and the user " + source.username()
                            + " is not a member of its owner, " + row.getString("owner") + ".",
                    "Run this, or let the owner publish the table.",
                    "GRANT " + quote(row.getString("owner")) + " TO " + user + ";"));
        }
        if (row.getBoolean("row_security")) {
            findings.add(Finding.error(
                    "row-security",
                    "Row security would hide rows of " + table + " from the snapshot.",
                    null,
                    "ALTER ROLE " + user + " BYPASSRLS;"));
        }
        if (row.getBoolean("generated")) {
            findings.add(Finding.warning(
                    "generated-columns",
                    "PostgreSQL does not publish virtual generated columns, nor, before version 18, stored ones: those of "
                            + table + " are left out.",
                    null,
                    null));
        }
        String blind = row.getString("blind_partitions");
        if (blind != null) {
            findings.add(Finding.error(
                    "partition-without-identity",
                    "UPDATE and DELETE would fail once published in partitions with replica identity NOTHING: " + blind
                            + ".",
                    "Give each of them an identity: ALTER TABLE ... REPLICA IDENTITY DEFAULT.",
                    null));
        }
    }

    private static void identity(SourceTable table, boolean needsKey, List<Finding> findings) {
        String name = table.table().quoted();
        if (table.identity() == ReplicaIdentity.NOTHING && table.hasKey()) {
            findings.add(Finding.error(
                    "identity-nothing",
                    "The replica identity of " + table.table()
                            + " is NOTHING: once published, the application's UPDATE and DELETE would fail.",
                    null,
                    "ALTER TABLE " + name + " REPLICA IDENTITY DEFAULT;"));
        } else if (!table.hasKey() && needsKey) {
            findings.add(Finding.error(
                    "no-key",
                    table.table()
                            + " has no key that tells its rows apart, so a search index or a cache cannot hold them.",
                    "Add a primary key, or set a unique index over NOT NULL columns as identity (ALTER TABLE " + name
                            + " REPLICA IDENTITY USING INDEX ...), or register the table for the change history alone.",
                    "ALTER TABLE " + name + " ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;"));
        } else if (!table.identityUsable()) {
            findings.add(Finding.warning(
                    "insert-only",
                    table.table()
                            + " has no replica identity: only its INSERT and TRUNCATE are captured, because publishing"
                            + " UPDATE and DELETE would make them fail for the application.",
                    "To capture those too, add a primary key or run this.",
                    "ALTER TABLE " + name + " REPLICA IDENTITY FULL;"));
        } else if (table.identity() != ReplicaIdentity.FULL) {
            findings.add(Finding.warning(
                    "no-before",
                    "The history of " + table.table()
                            + " will hold rows after each change, but of the row before only its key.",
                    "For complete before images run this; it makes the WAL of UPDATE and DELETE larger.",
                    "ALTER TABLE " + name + " REPLICA IDENTITY FULL;"));
        }
    }
}
