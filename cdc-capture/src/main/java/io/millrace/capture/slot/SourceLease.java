package io.millrace.capture.slot;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets one process capture a source and the others stand by.
 *
 * <p>An advisory lock in the platform database, held by a connection of its own, tells at once when a process has ended. A process that
 * is merely stopped keeps its connections; so it also renews a row, and whoever finds that stale ends its session and takes the lock.
 * Every holder has a generation, higher than all before it: what an older one still stores is refused. A holder knows by its own clock
 * when it may have lost the lease, and always before another can have it.
 */
public final class SourceLease implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SourceLease.class);

    /** First half of the lock's key: "mill". */
    private static final int SPACE = 0x6d696c6c;

    private static final int RENEWALS = 5;

    /** How long a session that was ended may take to let go of its lock, and how often that is looked at. */
    private static final long RELEASE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final long RELEASE_STEP_MILLIS = 20;

    private static final String TAKE = """
            INSERT INTO millrace.capture_lease AS l (source, generation, owner)
            SELECT name, 1, ? FROM millrace.source WHERE name = ?
            ON CONFLICT (source) DO UPDATE
            SET generation = l.generation + 1, owner = excluded.owner, acquired_at = clock_timestamp(), renewed_at = clock_timestamp()
            RETURNING generation, token
            """;

    private static final String RENEW =
            "UPDATE millrace.capture_lease SET renewed_at = clock_timestamp() WHERE source = ? AND generation = ?";

    private static final String END_STALE = """
            SELECT l.owner, pg_terminate_backend(k.pid)
            FROM millrace.capture_lease l
            JOIN pg_locks k ON k.locktype = 'advisory' AND k.granted AND k.objsubid = 2 AND k.classid::bigint = ?
                 AND k.objid::bigint = (hashtext(l.source)::bigint & 4294967295)
                 AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            WHERE l.source = ? AND l.renewed_at < clock_timestamp() - make_interval(secs => ?)
            """;

    private final Connection connection;
    private final String source;
    private final long generation;
    private final String reader;
    private final long timeoutNanos;
    private final Thread renewal;
    private volatile long heldUntil;
    private volatile boolean closed;

    private SourceLease(
            Connection connection, String source, long generation, String reader, Duration timeout, long heldUntil) {
        this.connection = connection;
        this.source = source;
        this.generation = generation;
        this.reader = reader;
        this.timeoutNanos = timeout.toNanos();
        this.heldUntil = heldUntil;
        this.renewal = new Thread(this::renew, "capture-" + source + "-lease");
    }

    /**
     * Returns the lease, or null while another process has it.
     *
     * @param timeout after which a lease that was not renewed is taken over
     */
    public static @Nullable SourceLease tryAcquire(DataSource platform, String source, Duration timeout)
            throws SQLException, InterruptedException {
        Connection connection = platform.getConnection();
        try {
            connection.setNetworkTimeout(Runnable::run, Math.toIntExact(timeout.toMillis()));
            SourceLease lease = lock(connection, source)
                            || endStale(connection, source, timeout) && lockReleased(connection, source)
                    ? take(connection, source, timeout)
                    : null;
            if (lease == null) {
                connection.close();
            }
            return lease;
        } catch (SQLException | RuntimeException | InterruptedException e) {
            connection.close();
            throw e;
        }
    }

    /** Takes the lock as soon as the ended session has let go of it; false if it does not, or another standby was quicker. */
    private static boolean lockReleased(Connection connection, String source)
            throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + RELEASE_NANOS;
        while (!lock(connection, source)) {
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(RELEASE_STEP_MILLIS);
        }
        return true;
    }

    private static boolean lock(Connection connection, String source) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_try_advisory_lock(?, hashtext(?))")) {
            statement.setInt(1, SPACE);
            statement.setString(2, source);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    private static boolean endStale(Connection connection, String source, Duration timeout) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(END_STALE)) {
            statement.setLong(1, SPACE);
            statement.setString(2, source);
            statement.setDouble(3, timeout.toMillis() / 1000.0);
            try (ResultSet row = statement.executeQuery()) {
                boolean ended = false;
                while (row.next()) {
                    LOG.warn(
                            "{} captures {} but has not renewed its lease for {}: its session is ended",
                            row.getString(1),
                            source,
                            timeout);
                    ended |= row.getBoolean(2);
                }
                return ended;
            }
        }
    }

    /** Returns null where the source is registered no more. */
    private static @Nullable SourceLease take(Connection connection, String source, Duration timeout)
            throws SQLException {
        long begun = System.nanoTime();
        try (PreparedStatement statement = connection.prepareStatement(TAKE)) {
            statement.setString(1, owner());
            statement.setString(2, source);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    unlock(connection);
                    return null;
                }
                SourceLease lease = new SourceLease(
                        connection,
                        source,
                        row.getLong(1),
                        "millrace-" + row.getString(2),
                        timeout,
                        begun + timeout.toNanos());
                lease.renewal.start();
                return lease;
            }
        }
    }

    private static String owner() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "unknown";
        }
        return host + ":" + ProcessHandle.current().pid();
    }

    private void renew() {
        try {
            while (!closed && isHeld()) {
                TimeUnit.NANOSECONDS.sleep(timeoutNanos / RENEWALS);
                long begun = System.nanoTime();
                if (!closed && isHeld()) {
                    heldUntil = renewed() ? begun + timeoutNanos : begun;
                }
            }
        } catch (InterruptedException e) {
            // closed
        } catch (SQLException e) {
            if (!closed) {
                LOG.warn("The lease of {} cannot be renewed: {}", source, e.getMessage());
                heldUntil = System.nanoTime();
            }
        }
    }

    private boolean renewed() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(RENEW)) {
            statement.setString(1, source);
            statement.setLong(2, generation);
            return statement.executeUpdate() == 1;
        }
    }

    /** Returns whether no other process can have the lease now. From any thread; costs nothing. */
    public boolean isHeld() {
        return heldUntil - System.nanoTime() > 0;
    }

    /** Returns the number of this lease, higher than of all earlier ones of the source. */
    public long generation() {
        return generation;
    }

    /** Returns by which name the source knows the readers of the slot that hold leases of this platform: no other installation's. */
    public String reader() {
        return reader;
    }

    @Override
    public void close() {
        closed = true;
        renewal.interrupt();
        try {
            renewal.join(TimeUnit.NANOSECONDS.toMillis(timeoutNanos));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (connection) {
            unlock(connection);
        } catch (SQLException e) {
            // a connection that is gone holds no lock
        }
    }

    private static void unlock(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_advisory_unlock_all()")) {
            statement.execute();
        }
    }
}
