package io.millrace.capture.slot;

import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.GapCause;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceGap.Finding;
import io.millrace.event.Lsn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/** Compares a source with what was captured of it: whether its slot goes on where capture stopped. */
final class Continuity {

    private final Connection connection;
    private final Source source;
    private final CaptureOffset stored;

    Continuity(Connection connection, Source source, CaptureOffset stored) {
        this.connection = connection;
        this.source = source;
        this.stored = stored;
    }

    /**
     * Returns from where the slot sends, which is not behind what was captured.
     *
     * @throws SourceRefusedException with the gap, where there is one
     */
    long check(Cluster cluster) throws SQLException, SourceRefusedException {
        sameSystem(cluster);
        boolean moved = cluster.timeline() != stored.timeline();
        if (moved) {
            sameHistory(cluster);
        } else if (Long.compareUnsigned(cluster.walLsn(), stored.endLsn()) < 0) {
            throw gap(
                    GapCause.RESTORED,
                    cluster,
                    "the server's WAL ends at " + Lsn.format(cluster.walLsn()) + ", before what was captured up to "
                            + Lsn.format(stored.endLsn()) + ": it was set back, for example to a backup");
        }
        SlotState slot = slot(cluster, moved);
        SlotSetup.fit(source, slot);
        valid(cluster, slot);
        Long confirmed = slot.confirmedLsn();
        if (confirmed == null || Long.compareUnsigned(confirmed, stored.endLsn()) > 0) {
            throw gap(
                    GapCause.SLOT_MOVED,
                    cluster,
                    "the replication slot " + source.slot() + " stands at "
                            + (confirmed == null ? "no LSN" : Lsn.format(confirmed))
                            + ", beyond what was captured: it was made anew or moved by someone else");
        }
        published(cluster, source.publication());
        published(cluster, source.insertOnlyPublication());
        return confirmed;
    }

    private void sameSystem(Cluster cluster) throws SourceRefusedException {
        if (!cluster.systemIdentifier().equals(stored.systemIdentifier())) {
            throw gap(
                    GapCause.OTHER_SYSTEM,
                    cluster,
                    "the server is another one than before (system identifier " + cluster.systemIdentifier()
                            + " instead of " + stored.systemIdentifier() + ")");
        }
    }

    /** A promoted standby goes on without a gap where it was promoted behind everything that was captured. */
    private void sameHistory(Cluster cluster) throws SQLException, SourceRefusedException {
        String promoted = "the server was promoted or restored (timeline " + cluster.timeline() + " instead of "
                + stored.timeline() + ")";
        Optional<Long> left = cluster.timeline() < stored.timeline()
                ? Optional.empty()
                : Timelines.leftAt(source, cluster.timeline(), stored.timeline());
        if (left.isEmpty()) {
            throw gap(GapCause.PROMOTED, cluster, promoted + ", and its history does not come from what was captured");
        }
        if (Long.compareUnsigned(left.get(), stored.endLsn()) < 0) {
            throw gap(
                    GapCause.PROMOTED,
                    cluster,
                    promoted + " at " + Lsn.format(left.get()) + ", before what was captured up to "
                            + Lsn.format(stored.endLsn())
                            + ": changes that were captured behind that are not in its tables");
        }
    }

    private SlotState slot(Cluster cluster, boolean moved) throws SQLException, SourceRefusedException {
        Optional<SlotState> found = SlotState.read(connection, source.slot());
        if (found.isEmpty()) {
            throw moved
                    ? gap(
                            GapCause.PROMOTED,
                            cluster,
                            "the server was promoted (timeline " + cluster.timeline()
                                    + "), and the replication slot " + source.slot()
                                    + " was not kept in step on it (sync_replication_slots)")
                    : gap(
                            GapCause.SLOT_MISSING,
                            cluster,
                            "the replication slot " + source.slot() + " does not exist any more");
        }
        return found.get();
    }

    private void valid(Cluster cluster, SlotState slot) throws SourceRefusedException {
        String reason = slot.invalidation();
        if (reason == null && !"lost".equals(slot.walStatus())) {
            return;
        }
        String since = slot.inactiveSince() == null ? "" : "; nobody has read it since " + slot.inactiveSince();
        String name = "the replication slot " + source.slot();
        throw switch (reason == null ? "wal_removed" : reason) {
            case "wal_removed" ->
                gap(
                        GapCause.WAL_REMOVED,
                        cluster,
                        "the server removed WAL that " + name + " still needed (max_slot_wal_keep_size)" + since);
            case "idle_timeout" ->
                gap(
                        GapCause.SLOT_IDLE_TIMEOUT,
                        cluster,
                        "the server invalidated " + name + ", which was idle for too long"
                                + " (idle_replication_slot_timeout)" + since);
            default ->
                gap(GapCause.SLOT_INVALIDATED, cluster, "the server invalidated " + name + " (" + reason + ")" + since);
        };
    }

    private void published(Cluster cluster, String publication) throws SQLException, SourceRefusedException {
        try (PreparedStatement find = connection.prepareStatement("SELECT FROM pg_publication WHERE pubname = ?")) {
            find.setString(1, publication);
            try (ResultSet row = find.executeQuery()) {
                if (!row.next()) {
                    throw gap(
                            GapCause.PUBLICATION_MISSING,
                            cluster,
                            "the publication " + publication
                                    + " does not exist any more, and what was written without it cannot be read");
                }
            }
        }
    }

    private static SourceRefusedException gap(GapCause cause, Cluster cluster, String detail) {
        return new SourceRefusedException(new Finding(cause, detail, cluster.walLsn()));
    }
}
