package io.millrace.sync.sink.redis;

import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildKind;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.catalog.rebuild.StoreMarker;
import io.millrace.catalog.rebuild.StoreMarkers;
import io.millrace.sync.sink.SinkException;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;

/** What the guard of losses noted in the catalog, whichever process it is in; asked for twice a second at most. Thread-safe. */
final class CatalogTrust implements Trust {

    /** A run that is not known yet is in doubt by itself; so nothing is missed by asking no more often. */
    private static final long HOLDS_NANOS = Duration.ofMillis(500).toNanos();

    private final String sink;
    private final StoreMarkers markers;
    private final Rebuilds rebuilds;
    private volatile @Nullable Asked asked;

    private record Asked(Known known, long at) {}

    CatalogTrust(String sink, StoreMarkers markers, Rebuilds rebuilds) {
        this.sink = sink;
        this.markers = markers;
        this.rebuilds = rebuilds;
    }

    @Override
    public Known now() throws SinkException {
        Asked last = asked;
        long now = System.nanoTime();
        if (last == null || now - last.at() > HOLDS_NANOS) {
            last = new Asked(ask(), now);
            asked = last;
        }
        return last.known();
    }

    private Known ask() throws SinkException {
        try {
            // the guard asks for refills before it notes a run
            Set<String> runs = markers.of(sink).stream().map(StoreMarker::run).collect(Collectors.toSet());
            Set<Long> refilled = rebuilds.open().stream()
                    .filter(one -> one.sink().equals(sink) && one.kind() == RebuildKind.REFILL)
                    .map(Rebuild::tableId)
                    .collect(Collectors.toSet());
            return Known.of(runs, refilled);
        } catch (DataAccessException e) {
            throw SinkException.retryable(
                    "Whether Redis has lost entries cannot be told, since the platform database does not answer", e);
        }
    }
}
