package io.millrace.admin.sinks;

import io.millrace.admin.web.Api;
import io.millrace.admin.web.Items;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.rebuild.Comparison;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildFeed;
import io.millrace.catalog.rebuild.RebuildKind;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.rebuild.RebuildWish;
import java.security.Principal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;

/** {@code /sinks/{s}/tables/{t}/rebuild}: makes what a sink holds of a table anew, while readers go on. */
@Api
@RequestMapping("/api/v1/sinks/{sink}/tables/{table}")
class RebuildsApi {

    private final TableRebuilds rebuilds;

    RebuildsApi(TableRebuilds rebuilds) {
        this.rebuilds = rebuilds;
    }

    record RebuildView(
            long id,
            String sink,
            long table,
            RebuildKind kind,
            RebuildState state,
            Instant stateSince,
            @Nullable RebuildWish wish,
            String reason,
            @Nullable RebuildFeed feed,
            @Nullable Integer percent,
            long refused,
            @Nullable Comparison comparison,
            boolean comparedBack,
            @Nullable String message,
            @Nullable Instant keepUntil,
            boolean canCancel,
            boolean canRollBack,
            String requestedBy,
            Instant requestedAt,
            @Nullable Instant finishedAt) {

        static RebuildView of(Rebuild rebuild) {
            return new RebuildView(
                    rebuild.id(),
                    rebuild.sink(),
                    rebuild.tableId(),
                    rebuild.kind(),
                    rebuild.state(),
                    rebuild.stateSince(),
                    rebuild.wish(),
                    rebuild.reason(),
                    rebuild.feed(),
                    rebuild.percent(),
                    rebuild.refused(),
                    rebuild.comparison(),
                    rebuild.comparedBack(),
                    rebuild.message(),
                    rebuild.keepUntil(),
                    rebuild.canCancel(),
                    rebuild.canRollBack(),
                    rebuild.requestedBy(),
                    rebuild.requestedAt(),
                    rebuild.finishedAt());
        }
    }

    @PostMapping("/rebuild")
    @ResponseStatus(HttpStatus.ACCEPTED)
    RebuildView start(
            @PathVariable String sink,
            @PathVariable long table,
            @RequestParam(defaultValue = "1h") String keep,
            Principal caller) {
        return RebuildView.of(rebuilds.start(sink, table, duration(keep), caller.getName()));
    }

    static java.time.Duration duration(String text) {
        try {
            return DurationStyle.detectAndParse(text);
        } catch (IllegalArgumentException e) {
            throw Problem.badRequest("'" + text + "' is no duration: write for example keep=24h.");
        }
    }

    @GetMapping("/rebuild")
    RebuildView show(@PathVariable String sink, @PathVariable long table) {
        rebuilds.bound(sink, table);
        return RebuildView.of(rebuilds.latest(sink, table)
                .orElseThrow(
                        () -> Problem.notFound("Rebuild", "Table " + table + " was never rebuilt in " + sink + ".")));
    }

    @GetMapping("/rebuilds")
    Items<RebuildView> history(@PathVariable String sink, @PathVariable long table) {
        return Items.all(
                rebuilds.history(sink, table).stream().map(RebuildView::of).toList());
    }

    @PostMapping("/rebuild/cancel")
    RebuildView cancel(@PathVariable String sink, @PathVariable long table) {
        return RebuildView.of(rebuilds.wish(sink, table, RebuildWish.CANCEL));
    }

    /**
     * Goes on although documents would be lost by the exchange, or by the rollback.
     *
     * @param missing how many missing ones are accepted; without it as many as are on record, whatever the caller saw
     * @param older how many older ones are accepted; without it as many as are on record
     */
    @PostMapping("/rebuild/accept")
    RebuildView accept(
            @PathVariable String sink,
            @PathVariable long table,
            @RequestParam(required = false) @Nullable Long missing,
            @RequestParam(required = false) @Nullable Long older) {
        return RebuildView.of(rebuilds.accept(sink, table, missing, older));
    }

    @PostMapping("/rebuild/rollback")
    RebuildView rollBack(@PathVariable String sink, @PathVariable long table) {
        return RebuildView.of(rebuilds.wish(sink, table, RebuildWish.ROLL_BACK));
    }

    /** Removes the old index before its time. */
    @PostMapping("/rebuild/finish")
    RebuildView finish(@PathVariable String sink, @PathVariable long table) {
        return RebuildView.of(rebuilds.wish(sink, table, RebuildWish.FINISH));
    }
}
