package io.millrace.capture.engine;

import io.millrace.capture.slot.SourceLease;
import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceGap;
import io.millrace.catalog.SourceState;
import io.millrace.event.Lsn;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says how a source is: in the log, the metrics and the catalog, each only where it is news. Without the lease it says nothing. */
final class SourceReport {

    private static final Logger LOG = LoggerFactory.getLogger(SourceReport.class);

    private final CaptureContext context;
    private final SourceLease lease;

    SourceReport(CaptureContext context, SourceLease lease) {
        this.context = context;
        this.lease = lease;
    }

    void say(Source source, SourceState state, @Nullable String message) {
        if (!lease.isHeld()) {
            return;
        }
        String name = source.name();
        boolean news = context.status().state(name, state, message);
        if (news && state != SourceState.STREAMING) {
            LOG.warn("{} is {}: {}", name, state, message);
        }
        Source present = context.catalog().source(name).orElse(source);
        if (present.state() != state || !Objects.equals(present.message(), message)) {
            context.catalog().sourceState(name, state, message);
        }
    }

    /** Notes a gap, and that the source waits for a person's decision. */
    void gap(Source source, SourceGap.Finding found) {
        Optional<CaptureOffset> captured = context.offsets().capture(source.name());
        if (lease.isHeld() && captured.isPresent()) {
            SourceGap gap = context.gaps().found(captured.get(), found);
            say(source, SourceState.FAILED, text(gap));
        }
    }

    private static String text(SourceGap gap) {
        Long to = gap.toLsn();
        return "Changes of " + gap.source() + " from " + Lsn.format(gap.fromLsn())
                + (to == null ? " on" : " to " + Lsn.format(to)) + ", since "
                + gap.since().truncatedTo(ChronoUnit.SECONDS) + ", may be missing: " + gap.detail()
                + ". Nothing is captured until you decide. To go on from the present state, begin a new epoch: on the page of"
                + " the source, or with POST /api/v1/sources/" + gap.source() + "/epochs {\"gap\": " + gap.id()
                + "}. All its tables are read anew then, and their history shows the gap.";
    }
}
