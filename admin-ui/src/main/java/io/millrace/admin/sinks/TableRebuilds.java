package io.millrace.admin.sinks;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.options.ElasticsearchOptions;
import io.millrace.catalog.options.RedisOptions;
import io.millrace.catalog.rebuild.Comparison;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildRequest;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.rebuild.RebuildWish;
import io.millrace.catalog.rebuild.Rebuilds;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Asks for what a sink holds of a table to be made anew, and says what becomes of it. */
@Component("adminTableRebuilds")
public class TableRebuilds {

    private static final Duration LONGEST = Duration.ofDays(30);

    private final Rebuilds rebuilds;
    private final PipelineCatalog catalog;
    private final FormerKeys formerKeys;

    TableRebuilds(Rebuilds rebuilds, PipelineCatalog catalog, FormerKeys formerKeys) {
        this.rebuilds = rebuilds;
        this.catalog = catalog;
        this.formerKeys = formerKeys;
    }

    /** Returns whether a sink's copy of a table can be made anew. */
    public static boolean rebuildable(String sink) {
        return sink.equals(ElasticsearchOptions.SINK) || sink.equals(RedisOptions.SINK);
    }

    /**
     * Starts a rebuild: in Elasticsearch of the index beside the live one, in Redis of all entries.
     *
     * @param keep how long the old index is kept after the exchange, for a rollback
     * @throws Problem 404 without such a binding, 409 where the sink cannot, or one is open
     */
    public Rebuild start(String sink, long tableId, Duration keep, String by) {
        CapturedTable table = bound(sink, tableId);
        if (!rebuildable(sink)) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Nothing to rebuild",
                    "What " + sink + " was given cannot be made anew; rebuilds are for elasticsearch and redis.");
        }
        if (keep.isNegative() || keep.compareTo(LONGEST) > 0) {
            throw Problem.badRequest(
                    "The old index can be kept for at most 30 days (keep=720h), not for " + keep + ".");
        }
        String reason = "Asked for by " + by;
        return rebuilds.begin(
                        sink.equals(RedisOptions.SINK)
                                ? RebuildRequest.refill(
                                        tableId,
                                        sink,
                                        reason,
                                        formerKeys.refill(table).toJson(),
                                        by,
                                        false)
                                : RebuildRequest.rebuild(tableId, sink, reason, keep, by))
                .orElseThrow(() -> isOpen(sink, table));
    }

    private Problem isOpen(String sink, CapturedTable table) {
        Optional<Rebuild> open = latest(sink, table.id());
        Problem problem = new Problem(
                HttpStatus.CONFLICT,
                "A rebuild is open",
                open.filter(last -> last.state() == RebuildState.SWITCHED).isPresent()
                        ? "The old index of " + table.table()
                                + " is still kept for a rollback: finish that rebuild or roll it back first."
                        : table.table() + " is being rebuilt already: wait for it, or cancel it.");
        return open.map(last -> problem.with("id", last.id())).orElse(problem);
    }

    /**
     * Asks something of the open rebuild; acceptance has {@link #accept a call of its own}.
     *
     * @throws Problem 404 without a rebuild, 409 where its state does not allow it
     */
    public Rebuild wish(String sink, long tableId, RebuildWish wish) {
        Rebuild rebuild = allowing(sink, tableId, wish);
        rebuilds.wish(rebuild.id(), wish);
        return rebuilds.find(rebuild.id()).orElse(rebuild);
    }

    /**
     * Goes on although entries would be lost by it. It compares once more before that, and stops again at any more than were accepted.
     *
     * @param missing how many missing entries the person saw; null accepts what is on record
     * @param older how many older ones they saw; null accepts what is on record
     * @throws Problem 404 without a rebuild, 409 where there is nothing to accept, or more than was seen
     */
    public Rebuild accept(String sink, long tableId, @Nullable Long missing, @Nullable Long older) {
        Rebuild rebuild = allowing(sink, tableId, RebuildWish.ACCEPT);
        Comparison found = Objects.requireNonNullElseGet(rebuild.comparison(), Comparison::none);
        if (!rebuilds.accept(
                rebuild.id(), missing == null ? found.missing() : missing, older == null ? found.older() : older)) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Other differences",
                    "What was found has changed since you looked: look at the rebuild again, and accept what it says then.");
        }
        return rebuilds.find(rebuild.id()).orElse(rebuild);
    }

    private Rebuild allowing(String sink, long tableId, RebuildWish wish) {
        Rebuild rebuild = latest(sink, tableId)
                .orElseThrow(
                        () -> Problem.notFound("Rebuild", "Table " + tableId + " was never rebuilt in " + sink + "."));
        boolean allowed =
                switch (wish) {
                    case CANCEL -> rebuild.canCancel();
                    case ACCEPT -> rebuild.state() == RebuildState.DIFFERENT;
                    case ROLL_BACK, FINISH -> rebuild.canRollBack();
                };
        if (!allowed) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Not in this state",
                    "The rebuild is " + words(rebuild.state()) + ": "
                            + switch (wish) {
                                case CANCEL -> "only before the exchange it can be cancelled.";
                                case ACCEPT -> "there are no differences to accept.";
                                case ROLL_BACK -> "only while the old index is kept it can be rolled back.";
                                case FINISH -> "no old index is kept.";
                            });
        }
        return rebuild;
    }

    /** Returns the newest rebuild, open or not. */
    public Optional<Rebuild> latest(String sink, long tableId) {
        return rebuilds.latest(tableId, sink);
    }

    List<Rebuild> history(String sink, long tableId) {
        bound(sink, tableId);
        return rebuilds.history(tableId, sink);
    }

    /** Returns a state in words. */
    public static String words(RebuildState state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    CapturedTable bound(String sink, long tableId) {
        CapturedTable table = catalog.table(tableId)
                .orElseThrow(
                        () -> Problem.notFound("Table", "There is no registered table with the id " + tableId + "."));
        if (table.sinks().stream().noneMatch(binding -> binding.sink().equals(sink))) {
            throw Problem.notFound("Binding", table.table() + " does not go to a sink named " + sink + ".");
        }
        return table;
    }
}
