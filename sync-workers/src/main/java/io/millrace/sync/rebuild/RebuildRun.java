package io.millrace.sync.rebuild;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.rebuild.Comparison;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildFeed;
import io.millrace.catalog.rebuild.RebuildKind;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.rebuild.RebuildWish;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.RebuildableSink;
import io.millrace.sync.sink.RebuildableSink.Copy;
import io.millrace.sync.sink.SinkException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The steps of one rebuild, each noted in the catalog before the next begins. Whoever finds a step repeats it from its beginning, or
 * from the offsets that it noted; every step may be repeated.
 */
final class RebuildRun {

    private static final Logger log = LoggerFactory.getLogger(RebuildRun.class);

    private final RebuildableSink sink;
    private final PipelineCatalog catalog;
    private final Offsets offsets;
    private final Rebuilds rebuilds;
    private final CopyFeed feed;
    private final Rebuilds.Claim claim;
    private final long id;

    RebuildRun(
            RebuildableSink sink,
            PipelineCatalog catalog,
            Offsets offsets,
            Rebuilds rebuilds,
            CopyFeed feed,
            Rebuilds.Claim claim,
            long id) {
        this.sink = sink;
        this.catalog = catalog;
        this.offsets = offsets;
        this.rebuilds = rebuilds;
        this.feed = feed;
        this.claim = claim;
        this.id = id;
    }

    /** Does one step; false if there is nothing to do until something changes. */
    boolean step() throws InterruptedException {
        Rebuild rebuild = rebuilds.find(id).orElse(null);
        CapturedTable table =
                rebuild == null ? null : catalog.table(rebuild.tableId()).orElse(null);
        if (rebuild == null || table == null || rebuild.state().isFinal() || !claim.isHeld()) {
            return false;
        }
        try {
            if (rebuild.wish() == RebuildWish.CANCEL && rebuild.canCancel()) {
                return moved(rebuild, RebuildState.CANCELLING, "Cancelled by a person");
            }
            return step(rebuild, new Copy(id, table, rebuild.place()));
        } catch (SinkException e) {
            return failed(rebuild, e);
        }
    }

    private boolean failed(Rebuild rebuild, SinkException e) {
        String said = String.valueOf(e.getMessage());
        if (e.category() == ErrorCategory.RETRYABLE) {
            rebuilds.message(id, "Waits: " + said);
            return false;
        }
        log.error("The rebuild {} of table {} in {} fails: {}", id, rebuild.tableId(), sink.name(), said);
        if (rebuild.state().isBeforeExchange() || rebuild.state() == RebuildState.EXCHANGING) {
            return moved(rebuild, RebuildState.FAILING, said);
        }
        return moved(rebuild, RebuildState.FAILED, said);
    }

    private boolean step(Rebuild rebuild, Copy copy) throws SinkException, InterruptedException {
        switch (rebuild.state()) {
            case REQUESTED -> {
                rebuilds.place(id, sink.plan(copy.table(), rebuild.place()));
                return moved(rebuild, RebuildState.PREPARING, null);
            }
            case PREPARING -> {
                return prepare(rebuild, copy);
            }
            case FEEDING -> {
                boolean done = rebuild.feed() == RebuildFeed.SNAPSHOT
                        ? snapshotDelivered(rebuild, copy.table())
                        : feed.run(rebuild, copy, sink, claim) && delivered(rebuild, copy.table());
                return done && moved(rebuild, RebuildState.COMPARING, null);
            }
            case COMPARING -> {
                return compare(rebuild, copy);
            }
            case DIFFERENT -> {
                return rebuild.wish() == RebuildWish.ACCEPT && moved(rebuild, RebuildState.EXCHANGING, null);
            }
            case EXCHANGING -> {
                return exchange(rebuild, copy);
            }
            case SWITCHED -> {
                return kept(rebuild);
            }
            case RETIRING -> {
                sink.discard(copy);
                return moved(rebuild, RebuildState.DONE, null);
            }
            case ROLLING_BACK -> {
                sink.exchangeBack(copy);
                sink.discard(copy);
                return moved(rebuild, RebuildState.ROLLED_BACK, null);
            }
            case CANCELLING -> {
                sink.discard(copy);
                return moved(rebuild, RebuildState.CANCELLED, rebuild.message());
            }
            case FAILING -> {
                sink.discard(copy);
                return moved(rebuild, RebuildState.FAILED, rebuild.message());
            }
            case DONE, ROLLED_BACK, CANCELLED, FAILED -> {
                return false;
            }
        }
        return false;
    }

    private boolean prepare(Rebuild rebuild, Copy copy) throws SinkException {
        sink.prepare(copy);
        CopyFeed.Extent extent = feed.extent(copy.table(), sink.name());
        // where it may begin: a refill knows what was held
        boolean whole = extent.begin().entrySet().stream()
                .allMatch(begin -> begin.getValue() <= rebuild.from().getOrDefault(begin.getKey(), 0L));
        if (whole) {
            rebuilds.feed(id, RebuildFeed.TOPIC, null, extent.end());
            return moved(rebuild, RebuildState.FEEDING, null);
        }
        TableSnapshot snapshot = catalog.requestSnapshot(copy.table().id(), rebuild.requestedBy());
        if (snapshot.state() != SnapshotState.REQUESTED) {
            rebuilds.message(id, "Waits for the snapshot that runs already: what it read before would be missing");
            return false;
        }
        rebuilds.feed(id, RebuildFeed.SNAPSHOT, snapshot.id(), Map.of());
        return moved(rebuild, RebuildState.FEEDING, null);
    }

    private boolean snapshotDelivered(Rebuild rebuild, CapturedTable table) throws SinkException {
        if (rebuild.until().isEmpty()) {
            Optional<TableSnapshot> newest = catalog.snapshot(table.id());
            SnapshotState state = newest.map(TableSnapshot::state).orElse(SnapshotState.FAILED);
            switch (state) {
                case REQUESTED, RUNNING -> {
                    rebuilds.message(
                            id,
                            "The table is read again: "
                                    + newest.map(TableSnapshot::rowsDone).orElse(0L) + " rows so far");
                    return false;
                }
                case DONE -> {
                    rebuilds.feed(
                            id,
                            RebuildFeed.SNAPSHOT,
                            rebuild.snapshotId(),
                            feed.extent(table, sink.name()).end());
                    return true;
                }
                case FAILED, CANCELLED ->
                    throw new SinkException(
                            ErrorCategory.FATAL,
                            "The snapshot that fed it ended " + state + ": "
                                    + newest.map(TableSnapshot::message).orElse(""),
                            null);
            }
        }
        return delivered(rebuild, table);
    }

    /** Tells whether delivery has passed where the feed ended, so that both hold the same. One that is stopped is not waited for. */
    private boolean delivered(Rebuild rebuild, CapturedTable table) {
        Rebuild now = rebuilds.find(id).orElse(rebuild);
        boolean flows = table.sinks().stream()
                .anyMatch(binding -> binding.sink().equals(sink.name()) && binding.state() == BindingState.ACTIVE);
        if (!flows && now.feed() == RebuildFeed.TOPIC
                || now.kind() == RebuildKind.REFILL && now.feed() == RebuildFeed.TOPIC) {
            return true;
        }
        boolean reached = now.until().entrySet().stream()
                .allMatch(end -> end.getValue() == 0
                        || offsets.deliveries(sink.name()).stream()
                                .anyMatch(offset -> offset.topic().equals(table.topic())
                                        && offset.partition() == end.getKey()
                                        && offset.nextOffset() >= end.getValue()));
        if (!reached) {
            rebuilds.message(
                    id,
                    flows
                            ? "Waits until delivery has passed the feed's end"
                            : "Waits: delivery of the table to " + sink.name() + " is stopped; resume it");
        }
        return reached;
    }

    private boolean compare(Rebuild rebuild, Copy copy) throws SinkException {
        Comparison comparison = sink.compare(copy, this::progress);
        rebuilds.compared(id, comparison);
        return comparison.loses()
                ? moved(
                        rebuild,
                        RebuildState.DIFFERENT,
                        "The new one lacks " + comparison.missing() + " and holds " + comparison.older()
                                + " in an older version: look at the examples, then accept or cancel")
                : moved(rebuild, RebuildState.EXCHANGING, null);
    }

    private void progress(String sentence) throws SinkException {
        Rebuild now = rebuilds.find(id).orElse(null);
        if (!claim.isHeld() || now == null || now.wish() == RebuildWish.CANCEL) {
            throw SinkException.retryable("The comparison was stopped", null);
        }
        rebuilds.message(id, sentence);
    }

    private boolean exchange(Rebuild rebuild, Copy copy) throws SinkException {
        sink.exchange(copy);
        if (rebuild.kind() == RebuildKind.REFILL) {
            sink.discard(copy);
            return moved(rebuild, RebuildState.DONE, null);
        }
        boolean done = moved(rebuild, RebuildState.SWITCHED, null);
        // what stopped the table may be what the rebuild has mended
        copy.table().sinks().stream()
                .filter(binding -> binding.sink().equals(sink.name()) && binding.state() == BindingState.FAILED)
                .forEach(binding -> catalog.bindingState(binding.tableId(), sink.name(), BindingState.ACTIVE, null));
        return done;
    }

    private boolean kept(Rebuild rebuild) {
        if (rebuild.wish() == RebuildWish.ROLL_BACK) {
            return moved(rebuild, RebuildState.ROLLING_BACK, null);
        }
        Instant until = rebuild.keepUntil();
        boolean over = until == null || !until.isAfter(Instant.now()) || rebuild.wish() == RebuildWish.FINISH;
        return over && moved(rebuild, RebuildState.RETIRING, null);
    }

    private boolean moved(Rebuild rebuild, RebuildState next, @Nullable String message) {
        boolean moved = claim.isHeld() && rebuilds.move(id, rebuild.state(), next, message);
        if (moved) {
            log.info("Rebuild {} of table {} in {}: {}", id, rebuild.tableId(), sink.name(), next);
        }
        return moved;
    }
}
