package io.millrace.sync.rebuild;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.rebuild.Comparison;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildKind;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.rebuild.RebuildWish;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.sync.sink.CopyGoneException;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.RebuildableSink;
import io.millrace.sync.sink.RebuildableSink.Copy;
import io.millrace.sync.sink.SinkException;
import java.time.Instant;
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
    private final Rebuilds rebuilds;
    private final Feeding feeding;
    private final FeedWithSnapshot withSnapshot;
    private final Rebuilds.Claim claim;
    private final long id;

    RebuildRun(
            RebuildableSink sink,
            PipelineCatalog catalog,
            Rebuilds rebuilds,
            Feeding feeding,
            FeedWithSnapshot withSnapshot,
            Rebuilds.Claim claim,
            long id) {
        this.sink = sink;
        this.catalog = catalog;
        this.rebuilds = rebuilds;
        this.feeding = feeding;
        this.withSnapshot = withSnapshot;
        this.claim = claim;
        this.id = id;
    }

    /** Does one step; false if there is nothing to do until something changes. */
    boolean step() {
        Rebuild rebuild = rebuilds.find(id).orElse(null);
        CapturedTable table =
                rebuild == null ? null : catalog.table(rebuild.tableId()).orElse(null);
        if (rebuild == null || table == null || rebuild.state().isFinal() || !claim.isHeld()) {
            return false;
        }
        try {
            if (rebuild.wish() == RebuildWish.CANCEL && rebuild.canCancel()) {
                return rebuild.isBack()
                        ? stayed(rebuild, new Copy(id, table, rebuild.place()))
                        : moved(rebuild, RebuildState.CANCELLING, "Cancelled by a person");
            }
            return step(rebuild, new Copy(id, table, rebuild.place()));
        } catch (SinkException e) {
            return failed(rebuild, e);
        }
    }

    private boolean failed(Rebuild rebuild, SinkException e) {
        String said = String.valueOf(e.getMessage());
        boolean gone = e instanceof CopyGoneException;
        if (e.category() == ErrorCategory.RETRYABLE || isDecided(rebuild) && !gone) {
            rebuilds.message(id, "Waits: " + said);
            return false;
        }
        log.error("The rebuild {} of table {} in {} fails: {}", id, rebuild.tableId(), sink.name(), said);
        return moved(rebuild, isDecided(rebuild) ? RebuildState.FAILED : RebuildState.FAILING, said);
    }

    /** Tells whether the step is to be done whatever keeps it: given up, it would leave one of the two with nobody to look after it. */
    private static boolean isDecided(Rebuild rebuild) {
        return rebuild.isBack() || rebuild.state().compareTo(RebuildState.EXCHANGING) > 0;
    }

    private boolean step(Rebuild rebuild, Copy copy) throws SinkException {
        switch (rebuild.state()) {
            case REQUESTED -> {
                rebuilds.place(id, sink.plan(feeding.shaped(copy.table(), sink), rebuild.place()));
                return moved(rebuild, RebuildState.PREPARING, null);
            }
            case PREPARING -> {
                if (!feeding.mayBegin(rebuild)) {
                    return false;
                }
                sink.prepare(copy);
                return feeding.decided(rebuild, copy) && moved(rebuild, RebuildState.FEEDING, null);
            }
            case FEEDING -> {
                return feeding.done(rebuild, copy, sink, claim) && moved(rebuild, RebuildState.COMPARING, null);
            }
            case COMPARING -> {
                return compare(rebuild, copy);
            }
            case DIFFERENT -> {
                return rebuild.wish() == RebuildWish.ACCEPT
                        && (rebuild.isBack() ? compareBack(rebuild, copy) : compare(rebuild, copy));
            }
            case EXCHANGING -> {
                return exchange(rebuild, copy);
            }
            case SWITCHED -> {
                return kept(rebuild, copy);
            }
            case RETIRING -> {
                sink.discard(copy);
                return moved(rebuild, RebuildState.DONE, null);
            }
            case ROLLING_BACK -> {
                if (!feeding.oldOneIsCurrent(rebuild, copy.table())) {
                    return false;
                }
                return compareBack(rebuild, copy);
            }
            case EXCHANGING_BACK -> {
                sink.exchangeBack(copy);
                sink.discard(copy);
                withSnapshot.madeUpFor(rebuild);
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

    private boolean compare(Rebuild rebuild, Copy copy) throws SinkException {
        return compared(
                rebuild,
                sink.compare(copy, withSnapshot.readSince(rebuild), this::progress),
                RebuildState.EXCHANGING,
                "The new one",
                "accept or cancel");
    }

    private boolean compareBack(Rebuild rebuild, Copy copy) throws SinkException {
        return compared(
                rebuild,
                sink.compareBack(copy, this::progress),
                RebuildState.EXCHANGING_BACK,
                "The old one",
                "accept the rollback, or cancel it and keep the new one");
    }

    /** Goes on if nothing would be lost, or no more than what a person has accepted: more may be missing since they looked. */
    private boolean compared(Rebuild rebuild, Comparison found, RebuildState next, String which, String then) {
        Comparison accepted = rebuild.state() == RebuildState.DIFFERENT ? rebuild.comparison() : null;
        if (found.loses() && (accepted == null || !found.losesNoMoreThan(accepted))) {
            return noted(
                    rebuild,
                    RebuildState.DIFFERENT,
                    claim.isHeld() && rebuilds.different(id, rebuild.state(), found, losses(which, found, then)));
        }
        rebuilds.compared(id, found);
        return moved(rebuild, next, null);
    }

    private static String losses(String which, Comparison comparison, String then) {
        return which + " lacks " + comparison.missing() + " and holds " + comparison.older()
                + " in an older version: look at the examples, then " + then;
    }

    /** The rollback is given up: readers go on with the new one, and the old one is kept as long as before. */
    private boolean stayed(Rebuild rebuild, Copy copy) throws SinkException {
        sink.exchange(copy);
        return moved(rebuild, RebuildState.SWITCHED, null);
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
        // what stopped the table may be what the rebuild has mended, and a pause stays one; noted behind it, so that it
        // is not passed over
        if (copy.table().sinks().stream()
                .anyMatch(binding -> binding.sink().equals(sink.name()) && binding.state() == BindingState.FAILED)) {
            withSnapshot.passLost(rebuild, copy.table());
        }
        catalog.reopenBinding(copy.table().id(), sink.name());
        return moved(rebuild, RebuildState.SWITCHED, null);
    }

    private boolean kept(Rebuild rebuild, Copy copy) throws SinkException {
        if (rebuild.wish() == RebuildWish.ROLL_BACK) {
            sink.prepareBack(copy);
            feeding.noteEnd(rebuild, copy.table());
            return moved(rebuild, RebuildState.ROLLING_BACK, null);
        }
        Instant until = rebuild.keepUntil();
        boolean over = until == null || !until.isAfter(Instant.now()) || rebuild.wish() == RebuildWish.FINISH;
        return over && moved(rebuild, RebuildState.RETIRING, null);
    }

    private boolean moved(Rebuild rebuild, RebuildState next, @Nullable String message) {
        return noted(rebuild, next, claim.isHeld() && rebuilds.move(id, rebuild.state(), next, message));
    }

    private boolean noted(Rebuild rebuild, RebuildState next, boolean moved) {
        if (moved) {
            log.info("Rebuild {} of table {} in {}: {}", id, rebuild.tableId(), sink.name(), next);
        }
        return moved;
    }
}
