package io.millrace.capture.slot;

import static io.millrace.event.TableId.quote;

import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.Finding;
import io.millrace.catalog.preflight.SourcePreflight;
import io.millrace.event.Lsn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides before every start of a source whether its changes can be captured without a gap, and makes slot and publications where the
 * source was never captured.
 */
public final class SlotGate {

    private static final Logger LOG = LoggerFactory.getLogger(SlotGate.class);

    private final PipelineCatalog catalog;
    private final Offsets offsets;

    public SlotGate(PipelineCatalog catalog, Offsets offsets) {
        this.catalog = catalog;
        this.offsets = offsets;
    }

    /**
     * Returns from where capture goes on.
     *
     * @throws SourceRefusedException where changes would be missing, or the source is not fit
     * @throws SlotBusyException while the slot is read by another connection
     */
    public CaptureOffset open(Connection connection, Source source)
            throws SQLException, SourceRefusedException, SlotBusyException {
        Optional<CaptureOffset> known = offsets.capture(source.name());
        if (known.isEmpty()) {
            preflight(connection, source);
            return begin(connection, source, 0);
        }
        CaptureOffset stored = known.get();
        if (source.epoch() > stored.epoch()) {
            return beginEpoch(connection, source, stored);
        }
        check(connection, source, stored);
        return stored;
    }

    private static void preflight(Connection connection, Source source) throws SQLException, SourceRefusedException {
        String errors = new SourcePreflight()
                .check(connection, source).stream()
                        .filter(Finding::isError)
                        .map(Finding::text)
                        .collect(Collectors.joining(" "));
        if (!errors.isEmpty()) {
            throw new SourceRefusedException(errors);
        }
    }

    private void check(Connection connection, Source source, CaptureOffset stored)
            throws SQLException, SourceRefusedException, SlotBusyException {
        SlotState.Cluster cluster = SlotState.Cluster.read(connection);
        if (!cluster.systemIdentifier().equals(stored.systemIdentifier())) {
            throw refused(
                    source,
                    stored,
                    "the server is another one than before (system identifier " + cluster.systemIdentifier()
                            + " instead of " + stored.systemIdentifier() + ")");
        }
        if (cluster.timeline() != stored.timeline()) {
            throw refused(
                    source,
                    stored,
                    "the server was restored or failed over (timeline " + cluster.timeline() + " instead of "
                            + stored.timeline() + ")");
        }
        Optional<SlotState> found = SlotState.read(connection, source.slot());
        if (found.isEmpty()) {
            throw refused(source, stored, "the replication slot " + source.slot() + " does not exist any more");
        }
        SlotState slot = found.get();
        fit(source, slot);
        if ("lost".equals(slot.walStatus())) {
            throw refused(
                    source,
                    stored,
                    "the server removed WAL that the replication slot " + source.slot()
                            + " still needed (max_slot_wal_keep_size)");
        }
        Long confirmed = slot.confirmedLsn();
        if (confirmed == null || Long.compareUnsigned(confirmed, stored.endLsn()) > 0) {
            throw refused(
                    source,
                    stored,
                    "the replication slot " + source.slot() + " stands at "
                            + (confirmed == null ? "no LSN" : Lsn.format(confirmed))
                            + ", beyond what was captured: it was made anew or moved by someone else");
        }
        free(source, slot);
    }

    private static void fit(Source source, SlotState slot) throws SourceRefusedException {
        if (!"pgoutput".equals(slot.plugin()) || !source.database().equals(slot.database())) {
            throw new SourceRefusedException("The replication slot " + source.slot()
                    + " is not Millrace's: its plugin is " + slot.plugin() + " (pgoutput is needed) and its database "
                    + slot.database() + " (" + source.database() + " is needed). Drop it, or give the source another"
                    + " slot name.");
        }
    }

    private static void free(Source source, SlotState slot) throws SlotBusyException {
        if (slot.activePid() != null) {
            throw new SlotBusyException("The replication slot " + source.slot()
                    + " is still read by the server process " + slot.activePid() + "; waiting until it ends.");
        }
    }

    private static SourceRefusedException refused(Source source, CaptureOffset stored, String cause) {
        return new SourceRefusedException("Changes of " + source.name() + " after " + Lsn.format(stored.endLsn())
                + " may be missing: " + cause
                + ". Nothing is captured until you decide. To go on from the present state,"
                + " with new snapshots of all tables and a gap in the history that is marked by a new epoch, run in the"
                + " platform database: UPDATE millrace.source SET epoch = epoch + 1 WHERE name = '" + source.name()
                + "';");
    }

    private CaptureOffset beginEpoch(Connection connection, Source source, CaptureOffset stored)
            throws SQLException, SlotBusyException, SourceRefusedException {
        preflight(connection, source);
        Optional<SlotState> slot = SlotState.read(connection, source.slot());
        if (slot.isPresent()) {
            free(source, slot.get());
            try (PreparedStatement drop = connection.prepareStatement("SELECT pg_drop_replication_slot(?)")) {
                drop.setString(1, source.slot());
                drop.execute();
            }
        }
        CaptureOffset begun = begin(connection, source, stored.events());
        catalog.tables().stream()
                .filter(table -> table.source().equals(source.name()) && table.state() != TableState.REMOVING)
                .forEach(table -> catalog.requestSnapshot(table.id(), "millrace"));
        return begun;
    }

    /** A slot without a stored offset is left from a start that was cut short: nothing was captured, so nothing is missed. */
    private CaptureOffset begin(Connection connection, Source source, long events)
            throws SQLException, SlotBusyException, SourceRefusedException {
        publications(connection, source);
        Optional<SlotState> left = SlotState.read(connection, source.slot());
        long from;
        if (left.isPresent()) {
            fit(source, left.get());
            free(source, left.get());
            Long confirmed = left.get().confirmedLsn();
            from = confirmed == null ? 0 : confirmed;
        } else {
            from = createSlot(connection, source);
            LOG.info("Created the replication slot {} at {}", source.slot(), Lsn.format(from));
        }
        SlotState.Cluster cluster = SlotState.Cluster.read(connection);
        CaptureOffset offset = new CaptureOffset(
                source.name(),
                source.epoch(),
                null,
                from,
                null,
                cluster.systemIdentifier(),
                cluster.timeline(),
                events,
                Instant.now());
        offsets.store(offset);
        return offset;
    }

    private static long createSlot(Connection connection, Source source) throws SQLException {
        // from 17 on a slot can follow a failover
        boolean failover = connection.getMetaData().getDatabaseMajorVersion() >= 17;
        try (PreparedStatement create = connection.prepareStatement(
                failover
                        ? "SELECT lsn::text FROM pg_create_logical_replication_slot(?, 'pgoutput', false, false, true)"
                        : "SELECT lsn::text FROM pg_create_logical_replication_slot(?, 'pgoutput')")) {
            create.setString(1, source.slot());
            try (ResultSet row = create.executeQuery()) {
                row.next();
                return Lsn.parse(row.getString(1));
            }
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
