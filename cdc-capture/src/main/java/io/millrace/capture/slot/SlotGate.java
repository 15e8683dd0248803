package io.millrace.capture.slot;

import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.GapCause;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceGap;
import io.millrace.catalog.SourceGaps;
import io.millrace.catalog.preflight.Finding;
import io.millrace.catalog.preflight.SourcePreflight;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Decides before every start of a source whether its changes can be captured without a gap, and makes slot and publications where the
 * source was never captured, or a person accepted a gap.
 */
public final class SlotGate {

    private final Offsets offsets;
    private final SourceGaps gaps;

    public SlotGate(Offsets offsets, SourceGaps gaps) {
        this.offsets = offsets;
        this.gaps = gaps;
    }

    /**
     * From where capture goes on.
     *
     * @param start what was captured
     * @param slotLsn from where the slot sends; not behind what was captured
     * @param isNew whether it is the beginning of an epoch
     */
    public record Opening(CaptureOffset start, long slotLsn, boolean isNew) {}

    /**
     * Returns from where capture goes on.
     *
     * @throws SourceRefusedException where changes would be missing, or the source is not fit
     * @throws SourceNotReadyException while the slot is read by another connection, or the source is a standby
     */
    public Opening open(Connection connection, Source source, SourceLease lease)
            throws SQLException, SourceRefusedException, SourceNotReadyException {
        offsets.claim(source.name(), lease.generation());
        Optional<CaptureOffset> known = offsets.capture(source.name());
        Cluster cluster = Cluster.read(connection);
        if (known.isEmpty()) {
            preflight(connection, source);
            CaptureOffset first = first(source, cluster, SlotSetup.make(connection, source, lease), 0);
            stored(offsets.store(first, lease.generation()), source);
            return new Opening(first, first.endLsn(), true);
        }
        CaptureOffset stored = known.get();
        if (source.epoch() > stored.epoch()) {
            CaptureOffset first = beginEpoch(connection, source, lease, cluster, stored);
            return new Opening(first, first.endLsn(), true);
        }
        long slotLsn = new Continuity(connection, source, stored).check(cluster);
        SlotSetup.free(connection, source, lease);
        return new Opening(onTimeline(stored, cluster.timeline()), slotLsn, false);
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

    /** However often it is cut short, it begins from the start: until the offset is stored nothing of the new epoch is captured. */
    private CaptureOffset beginEpoch(
            Connection connection, Source source, SourceLease lease, Cluster cluster, CaptureOffset stored)
            throws SQLException, SourceNotReadyException, SourceRefusedException {
        preflight(connection, source);
        if (gaps.open(source.name()).isEmpty()) {
            gaps.found(
                    stored, new SourceGap.Finding(GapCause.BY_HAND, "a new epoch was begun by hand", cluster.walLsn()));
        }
        SlotSetup.drop(connection, source, lease);
        CaptureOffset first = first(source, cluster, SlotSetup.make(connection, source, lease), stored.events());
        stored(gaps.begin(first, lease.generation()), source);
        return first;
    }

    private static void stored(boolean stored, Source source) throws SourceNotReadyException {
        if (!stored) {
            throw new SourceNotReadyException("Another process has taken over " + source.name() + ".");
        }
    }

    private static CaptureOffset first(Source source, Cluster cluster, long from, long events) {
        return new CaptureOffset(
                source.name(),
                source.epoch(),
                null,
                from,
                null,
                cluster.systemIdentifier(),
                cluster.timeline(),
                events,
                Instant.now());
    }

    private static CaptureOffset onTimeline(CaptureOffset stored, int timeline) {
        return new CaptureOffset(
                stored.source(),
                stored.epoch(),
                stored.position(),
                stored.endLsn(),
                stored.committedAt(),
                stored.systemIdentifier(),
                timeline,
                stored.events(),
                stored.updatedAt());
    }
}
