package io.millrace.admin.lag;

import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.event.Lsn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Asks one source, over a connection that it keeps, where its WAL and our slot are; remembers the positions of the last ten minutes.
 * {@link #ask} blocks and is called from a thread that may wait; the rest from any thread.
 */
final class SourceWatch {

    private static final Duration REMEMBERED = Duration.ofMinutes(10);
    private static final int ANSWER_MILLIS = 5000;
    private static final String QUESTION = """
            SELECT pg_current_wal_insert_lsn()::text AS wal, current_setting('server_version') AS version,
                   s.slot_name IS NOT NULL AS slot_exists, coalesce(s.active, false) AS slot_active, s.wal_status,
                   pg_wal_lsn_diff(pg_current_wal_insert_lsn(), s.restart_lsn)::bigint AS retained,
                   (SELECT CASE WHEN setting::bigint < 0 THEN NULL ELSE setting::bigint * 1024 * 1024 END
                    FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS keep
            FROM (SELECT) one LEFT JOIN pg_replication_slots s ON s.slot_name = ?
            """;

    /** A WAL position and when it was reached, at the latest. */
    private record Mark(Instant at, long wal) {}

    private final AtomicBoolean asking = new AtomicBoolean();
    private final Deque<Mark> marks = new ArrayDeque<>();
    private @Nullable Connection connection;
    private @Nullable String connectedTo;
    private volatile @Nullable SourceProbe last;

    /** Returns the last answer; null before the first. */
    @Nullable
    SourceProbe last() {
        return last;
    }

    /** Asks, unless another thread is still waiting for the answer. */
    void ask(Source source) {
        if (!asking.compareAndSet(false, true)) {
            return;
        }
        Instant at = Instant.now();
        try {
            SourceProbe probe = question(connection(source), source, at);
            synchronized (marks) {
                marks.addLast(new Mark(at, probe.wal()));
                while (marks.getFirst().at().isBefore(at.minus(REMEMBERED))) {
                    marks.removeFirst();
                }
            }
            last = probe;
        } catch (SQLException e) {
            last = SourceProbe.failed(at, SourceConnection.refused(source, e).text());
            close();
        } finally {
            asking.set(false);
        }
    }

    /** Returns the last sampled moment whose WAL position is not beyond this one; null where there is none. */
    @Nullable
    Instant reached(long lsn) {
        synchronized (marks) {
            for (Iterator<Mark> newest = marks.descendingIterator(); newest.hasNext(); ) {
                Mark mark = newest.next();
                if (Long.compareUnsigned(mark.wal(), lsn) <= 0) {
                    return mark.at();
                }
            }
            return null;
        }
    }

    /** Returns the first sampled moment; null where there is none. */
    @Nullable
    Instant first() {
        synchronized (marks) {
            Mark first = marks.peekFirst();
            return first == null ? null : first.at();
        }
    }

    /** Returns the last sampled moment; null where there is none. */
    @Nullable
    Instant newest() {
        synchronized (marks) {
            Mark newest = marks.peekLast();
            return newest == null ? null : newest.at();
        }
    }

    private synchronized Connection connection(Source source) throws SQLException {
        String wanted = source.jdbcUrl() + " " + source.username();
        Connection present = connection;
        if (present != null && wanted.equals(connectedTo)) {
            return present;
        }
        close();
        Connection opened = SourceConnection.open(source, "millrace-admin");
        opened.setNetworkTimeout(Runnable::run, ANSWER_MILLIS);
        connection = opened;
        connectedTo = wanted;
        return opened;
    }

    private static SourceProbe question(Connection connection, Source source, Instant at) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(QUESTION)) {
            statement.setString(1, source.slot());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new SourceProbe(
                        at,
                        Lsn.parse(row.getString("wal")),
                        row.getString("version"),
                        row.getBoolean("slot_exists"),
                        row.getBoolean("slot_active"),
                        (Long) row.getObject("retained"),
                        row.getString("wal_status"),
                        (Long) row.getObject("keep"),
                        null);
            }
        }
    }

    synchronized void close() {
        Connection present = connection;
        connection = null;
        if (present != null) {
            try {
                present.close();
            } catch (SQLException e) {
                // it is of no use any more, however it ended
            }
        }
    }
}
