package io.millrace.admin.history;

import io.millrace.admin.web.Api;
import io.millrace.admin.web.Items;
import io.millrace.admin.web.Problem;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** {@code /history}, newest first. */
@Api
@RequestMapping("/api/v1/history")
class HistoryApi {

    private static final int MOST = 1000;

    private final ChangeHistory history;

    HistoryApi(ChangeHistory history) {
        this.history = history;
    }

    @GetMapping
    Items<HistoryEvent> list(
            @RequestParam @Nullable String source,
            @RequestParam @Nullable String schema,
            @RequestParam @Nullable String table,
            @RequestParam @Nullable String key,
            @RequestParam @Nullable String operation,
            @RequestParam @Nullable String from,
            @RequestParam @Nullable String to,
            @RequestParam @Nullable String cursor,
            @RequestParam(defaultValue = "50") int limit) {
        return history.page(
                new HistoryQuery(source, schema, table, key, operation, time("from", from), time("to", to)),
                cursor,
                Items.limit(limit, MOST));
    }

    @GetMapping("/{event}")
    HistoryEvent show(@PathVariable String event) {
        return history.event(event)
                .orElseThrow(() -> Problem.notFound("Event", "The history holds no event with the id " + event + "."));
    }

    private static @Nullable Instant time(String name, @Nullable String text) {
        if (text == null || text.isBlank()) {
            return null;
        }
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw Problem.badRequest("The time '" + text + "' of " + name
                    + " is not in ISO 8601 with an offset, like 2026-01-31T14:02:07Z.");
        }
    }
}
