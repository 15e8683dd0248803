package io.millrace.capture.slot;

import static io.millrace.event.TableId.quote;

import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.event.Lsn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the publications and the slot of a source, and drops the slot. */
final class SlotSetup {

    private static final Logger LOG = LoggerFactory.getLogger(SlotSetup.class);
    private static final long RELEASE_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long RELEASE_STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private SlotSetup() {}

    /**
     * Makes what is absent and returns from where the slot sends. A slot that is there already is left from a start that was cut short.
     */
    static long make(Connection connection, Source source, SourceLease lease)
            throws SQLException, SourceNotReadyException, SourceRefusedException {
        publications(connection, source);
        Optional<SlotState> left = SlotState.read(connection, source.slot());
        if (left.isEmpty()) {
            long from = createSlot(connection, source);
            LOG.info("Created the replication slot {} at {}", source.slot(), Lsn.format(from));
            return from;
        }
        fit(source, left.get());
        free(connection, source, lease);
        Long confirmed = left.get().confirmedLsn();
        return confirmed == null ? 0 : confirmed;
    }

    /** Drops the slot, if there is one. */
    static void drop(Connection connection, Source source, SourceLease lease)
            throws SQLException, SourceNotReadyException {
        if (SlotState.read(connection, source.slot()).isPresent()) {
            free(connection, source, lease);
            try (PreparedStatement drop = connection.prepareStatement("SELECT pg_drop_replication_slot(?)")) {
                drop.setString(1, source.slot());
                drop.execute();
            }
        }
    }

    static void fit(Source source, SlotState slot) throws SourceRefusedException {
        if (!"pgoutput".equals(slot.plugin()) || !source.database().equals(slot.database())) {
            throw new SourceRefusedException("The replication slot " + source.slot()
                    + " is not Millrace's: its plugin is " + slot.plugin() + " (pgoutput is needed) and its database "
                    + slot.database() + " (" + source.database() + " is needed). Drop it, or give the source another"
                    + " slot name.");
        }
    }

    /**
     * Sees to it that nobody reads the slot. Whoever does so under an older lease is stopped or cut off, and its connection is ended;
     * anyone else is none of ours, and is left alone.
     */
    static void free(Connection connection, Source source, SourceLease lease)
            throws SQLException, SourceNotReadyException {
        long deadline = System.nanoTime() + RELEASE_NANOS;
        Integer ended = null;
        while (true) {
            SlotState slot = SlotState.read(connection, source.slot()).orElse(null);
            Integer reading = slot == null ? null : slot.activePid();
            if (slot == null || reading == null) {
                return;
            }
            if (!lease.reader().equals(slot.reader()) || System.nanoTime() - deadline >= 0) {
                throw new SourceNotReadyException("The replication slot " + source.slot()
                        + " is still read by the server process " + reading + "; waiting until it ends.");
            }
            if (!reading.equals(ended)) {
                LOG.warn("The reader {} of {} is left from an older lease; it is ended", reading, source.slot());
                terminate(connection, reading);
                ended = reading;
            }
            LockSupport.parkNanos(RELEASE_STEP_NANOS);
        }
    }

    private static void terminate(Connection connection, int pid) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_terminate_backend(?)")) {
            statement.setInt(1, pid);
            statement.execute();
        }
    }

    private static long createSlot(Connection connection, Source source) throws SQLException {
        // from 17 on a slot can follow a failover
        boolean failover = connection.getMetaData().getDatabaseMajorVersion() >= 17;
        int limit = connection.getNetworkTimeout();
        // it waits for every transaction that is open
        SourceConnection.liftLimit(connection);
        try (PreparedStatement create = connection.prepareStatement(
                failover
                        ? "SELECT lsn::text FROM pg_create_logical_replication_slot(?, 'pgoutput', false, false, true)"
                        : "SELECT lsn::text FROM pg_create_logical_replication_slot(?, 'pgoutput')")) {
            create.setString(1, source.slot());
            try (ResultSet row = create.executeQuery()) {
                row.next();
                return Lsn.parse(row.getString(1));
            }
        } finally {
            connection.setNetworkTimeout(Runnable::run, limit);
        }
    }

    /**
     * Both come before the slot: decoding looks publications up as they were at each change, and fails where one did not exist yet.
     */
    private static void publications(Connection connection, Source source) throws SQLException {
        publication(connection, source.publication(), "insert, update, delete, truncate");
        publication(connection, source.insertOnlyPublication(), "insert, truncate");
    }

    private static void publication(Connection connection, String name, String operations) throws SQLException {
        try (PreparedStatement find = connection.prepareStatement("SELECT FROM pg_publication WHERE pubname = ?")) {
            find.setString(1, name);
            try (ResultSet row = find.executeQuery()) {
                if (row.next()) {
                    return;
                }
            }
        }
        try (Statement create = connection.createStatement()) {
            create.execute("CREATE PUBLICATION " + quote(name) + " WITH (publish = '" + operations
                    + "', publish_via_partition_root = true)");
        }
    }
}
