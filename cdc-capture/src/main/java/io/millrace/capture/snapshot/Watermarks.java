package io.millrace.capture.snapshot;

import io.millrace.event.Lsn;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Marks places in the source's WAL. */
final class Watermarks {

    static final String LOW = "millrace.snapshot.low";
    static final String HIGH = "millrace.snapshot.high";

    /** The modes that INSERT, UPDATE, DELETE, TRUNCATE and COPY take, and those that are stronger. */
    private static final String WRITERS = """
            SELECT DISTINCT l.virtualtransaction FROM pg_locks l
            WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
              AND (l.relation = to_regclass(?) OR l.relation IN (SELECT relid FROM pg_partition_tree(to_regclass(?))))
            """;

    private static final String STILL_THERE = "SELECT EXISTS (SELECT FROM pg_locks WHERE virtualtransaction = ANY (?))";

    private Watermarks() {}

    /** Writes the low watermark and returns an LSN inside of it: no change has it, and every later change has a higher one. */
    static long low(Connection connection, String chunk) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_logical_emit_message(false, ?, ?)::text")) {
            statement.setString(1, LOW);
            statement.setString(2, chunk);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return Lsn.parse(row.getString(1)) - 1;
            }
        }
    }

    /**
     * Writes the high watermark. Taking a transaction id makes the commit flush the WAL: without it the message would reach the stream
     * only when something else does.
     */
    static void high(Connection connection, String chunk) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_logical_emit_message(false, ?, ?), pg_current_xact_id()")) {
            statement.setString(1, HIGH);
            statement.setString(2, chunk);
            statement.execute();
        }
    }

    /**
     * Waits for the transactions that may have changed the table already when the low watermark was written: a change of theirs has a
     * lower LSN, so the read must see it.
     */
    static void awaitWriters(Connection connection, String table) throws SQLException, InterruptedException {
        List<String> writers = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(WRITERS)) {
            statement.setString(1, table);
            statement.setString(2, table);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    writers.add(row.getString(1));
                }
            }
        }
        if (writers.isEmpty()) {
            return;
        }
        Array transactions = connection.createArrayOf("text", writers.toArray());
        try (PreparedStatement statement = connection.prepareStatement(STILL_THERE)) {
            statement.setArray(1, transactions);
            for (long pause = 1; exists(statement); pause = Math.min(pause * 2, 100)) {
                TimeUnit.MILLISECONDS.sleep(pause);
            }
        }
    }

    private static boolean exists(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getBoolean(1);
        }
    }
}
