package io.millrace.sync.rebuild;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Shapings;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildFeed;
import io.millrace.catalog.rebuild.RebuildKind;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.catalog.snapshot.SnapshotRuns;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.RebuildableSink;
import io.millrace.sync.sink.RebuildableSink.Copy;
import io.millrace.sync.sink.SinkException;
import java.util.Map;
import java.util.Optional;

/** Where a copy's content comes from, the topic or a new snapshot, and when it has all of it. Thread-safe. */
final class Feeding {

    private final PipelineCatalog catalog;
    private final Rebuilds rebuilds;
    private final SnapshotRuns snapshots;
    private final CopyFeed topic;
    private final FeedWithSnapshot withSnapshot;

    Feeding(
            PipelineCatalog catalog,
            Rebuilds rebuilds,
            SnapshotRuns snapshots,
            CopyFeed topic,
            FeedWithSnapshot withSnapshot) {
        this.catalog = catalog;
        this.rebuilds = rebuilds;
        this.snapshots = snapshots;
        this.topic = topic;
        this.withSnapshot = withSnapshot;
    }

    /** Returns a table with the columns that a sink gets of it. */
    CapturedTable shaped(CapturedTable table, RebuildableSink sink) {
        return topic.shaped(table, sink.name());
    }

    /**
     * Tells whether a feed may be decided on. A refill makes good what was changed in the binding's options, and is the only one to put that
     * under former keys right: so what stands behind its end must be written by the new ones, and delivery may know the former ones
     * for as long as it goes by what it asked the catalog.
     */
    boolean mayBegin(Rebuild rebuild) {
        return rebuild.kind() != RebuildKind.REFILL || rebuilds.hasStood(rebuild.id(), Shapings.HOLDS_AFTER);
    }

    /** Decides on a feed and notes it; false if that is to be tried again. */
    boolean decided(Rebuild rebuild, Copy copy) {
        TopicReader.Extent extent = topic.extent(copy.table());
        // where it may begin: a refill knows what was held
        boolean whole = extent.begin().entrySet().stream()
                .allMatch(begin -> begin.getValue() <= rebuild.from().getOrDefault(begin.getKey(), 0L));
        if (whole) {
            topic.begin(rebuild);
            rebuilds.feed(rebuild.id(), RebuildFeed.TOPIC, null, extent.end());
            return true;
        }
        TableSnapshot snapshot = catalog.requestSnapshot(copy.table().id(), rebuild.requestedBy());
        // one that was paused goes on where it stopped
        if (snapshot.state() != SnapshotState.REQUESTED || snapshot.lastKey() != null) {
            rebuilds.message(
                    rebuild.id(),
                    snapshot.state() == SnapshotState.PAUSED
                            ? "Waits: a snapshot of the table is paused; resume or cancel it"
                            : "Waits for the snapshot that runs already: what it read before would be missing");
            return false;
        }
        rebuilds.bySnapshot(rebuild.id(), snapshot.id(), extent.end());
        return true;
    }

    /** Feeds on; true once the copy, and what readers see, hold everything up to the feed's end. */
    boolean done(Rebuild rebuild, Copy copy, RebuildableSink sink, Rebuilds.Claim claim) throws SinkException {
        boolean fed = rebuild.feed() == RebuildFeed.SNAPSHOT
                ? snapshotRead(rebuild, copy.table())
                : topic.run(rebuild, copy, sink, claim);
        return fed && answered(rebuild, copy.table()) && delivered(rebuild, copy.table());
    }

    /** Tells whether rows that the feed asked for have come. Their answers are fed too: delivery may stand still, or be behind. */
    private boolean answered(Rebuild rebuild, CapturedTable table) {
        if (!rebuilds.find(rebuild.id()).map(Rebuild::asked).orElse(false)) {
            return true;
        }
        long open = topic.open(table);
        if (open > 0) {
            rebuilds.message(rebuild.id(), "Waits until capture has read " + open + " rows again");
            return false;
        }
        rebuilds.feed(
                rebuild.id(),
                RebuildFeed.TOPIC,
                rebuild.snapshotId(),
                topic.extent(table).end());
        return false;
    }

    private boolean snapshotRead(Rebuild rebuild, CapturedTable table) throws SinkException {
        if (!rebuild.until().isEmpty()) {
            return true;
        }
        Long id = rebuild.snapshotId();
        Optional<TableSnapshot> snapshot = id == null ? Optional.empty() : snapshots.find(id);
        SnapshotState state = snapshot.map(TableSnapshot::state).orElse(SnapshotState.FAILED);
        switch (state) {
            case REQUESTED, RUNNING -> {
                rebuilds.message(
                        rebuild.id(),
                        "The table is read again: "
                                + snapshot.map(TableSnapshot::rowsDone).orElse(0L) + " rows so far");
                return false;
            }
            case PAUSED -> {
                rebuilds.message(rebuild.id(), "Waits: the snapshot that feeds it is paused; resume it");
                return false;
            }
            case DONE -> {
                rebuilds.feed(
                        rebuild.id(),
                        RebuildFeed.SNAPSHOT,
                        rebuild.snapshotId(),
                        topic.extent(table).end());
                return true;
            }
            case FAILED, CANCELLED ->
                throw new SinkException(
                        ErrorCategory.FATAL,
                        "The snapshot that fed it ended " + state + ": "
                                + snapshot.map(TableSnapshot::message).orElse(""),
                        null);
        }
        return false;
    }

    /** Tells whether delivery has passed where the feed ended, so that both hold the same. One that is stopped is not waited for. */
    private boolean delivered(Rebuild rebuild, CapturedTable table) throws SinkException {
        Rebuild now = rebuilds.find(rebuild.id()).orElse(rebuild);
        boolean flows = flows(now, table);
        if (now.feed() == RebuildFeed.TOPIC && (!flows || now.kind() == RebuildKind.REFILL)) {
            return true;
        }
        if (!flows && now.kind() == RebuildKind.REBUILD) {
            // what stopped it may be what the rebuild is to mend
            withSnapshot.feed(now, table);
            return false;
        }
        boolean reached = passed(now, table);
        if (!reached) {
            rebuilds.message(
                    rebuild.id(),
                    flows
                            ? "Waits until delivery has passed the feed's end"
                            : "Waits: delivery of the table to " + now.sink() + " is stopped; resume it");
        }
        return reached;
    }

    /** Notes where the topic ends now: what is being written at this moment, to whichever first, is of records before this end. */
    void noteEnd(Rebuild rebuild, CapturedTable table) {
        RebuildFeed fed = rebuild.feed() == null ? RebuildFeed.TOPIC : rebuild.feed();
        rebuilds.feed(
                rebuild.id(), fed, rebuild.snapshotId(), topic.extent(table).end());
    }

    /** Tells whether the old one holds all that readers may have seen in the new one. A delivery that is stopped is not waited for. */
    boolean oldOneIsCurrent(Rebuild rebuild, CapturedTable table) {
        boolean current = !flows(rebuild, table) || passed(rebuild, table);
        if (!current) {
            rebuilds.message(rebuild.id(), "Waits until delivery has brought the old one up to date");
        }
        return current;
    }

    private static boolean flows(Rebuild rebuild, CapturedTable table) {
        return table.sinks().stream()
                .anyMatch(binding -> binding.sink().equals(rebuild.sink()) && binding.state() == BindingState.ACTIVE);
    }

    private boolean passed(Rebuild rebuild, CapturedTable table) {
        Map<Integer, Long> next = withSnapshot.stands(rebuild.sink(), table);
        return rebuild.until().entrySet().stream()
                .allMatch(end -> end.getValue() == 0 || next.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }
}
