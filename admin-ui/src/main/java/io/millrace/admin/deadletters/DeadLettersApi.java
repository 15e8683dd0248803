package io.millrace.admin.deadletters;

import io.millrace.admin.web.Api;
import io.millrace.admin.web.Items;
import io.millrace.admin.web.Problem;
import java.security.Principal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** {@code /dead-letters}, newest first; retrying and discarding one, or all open ones that match a filter. */
@Api
@RequestMapping("/api/v1/dead-letters")
class DeadLettersApi {

    private static final int MOST = 1000;
    private static final List<String> FILTERS = List.of("sink", "topic", "source", "schema", "table", "key", "q");

    private final DeadLetters letters;
    private final Decisions decisions;

    DeadLettersApi(DeadLetters letters, Decisions decisions) {
        this.letters = letters;
        this.decisions = decisions;
    }

    /** Why something is discarded. */
    record Reason(@Nullable String reason) {}

    /** How many dead letters were decided about. */
    record Decided(int count) {}

    @GetMapping
    Items<DeadLetter> list(
            @RequestParam @Nullable String sink,
            @RequestParam @Nullable String state,
            @RequestParam @Nullable String topic,
            @RequestParam @Nullable String source,
            @RequestParam @Nullable String schema,
            @RequestParam @Nullable String table,
            @RequestParam @Nullable String key,
            @RequestParam @Nullable String q,
            @RequestParam @Nullable String cursor,
            @RequestParam(defaultValue = "50") int limit) {
        return letters.page(
                new LetterFilter(sink, state, topic, source, schema, table, key, q), cursor, Items.limit(limit, MOST));
    }

    @GetMapping("/{id}")
    DeadLetter show(@PathVariable long id) {
        return letters.find(id);
    }

    @PostMapping("/{id}/retry")
    DeadLetter retry(@PathVariable long id, Principal caller) {
        return decisions.retry(id, caller.getName());
    }

    @PostMapping("/{id}/discard")
    DeadLetter discard(@PathVariable long id, @RequestBody(required = false) @Nullable Reason body, Principal caller) {
        return decisions.discard(id, body == null ? null : body.reason(), caller.getName());
    }

    @PostMapping("/retry")
    Decided retryAll(
            @RequestParam @Nullable String sink,
            @RequestParam @Nullable String topic,
            @RequestParam @Nullable String source,
            @RequestParam @Nullable String schema,
            @RequestParam @Nullable String table,
            @RequestParam @Nullable String key,
            @RequestParam @Nullable String q,
            @RequestParam Map<String, String> given,
            Principal caller) {
        refuseUnknown(given);
        return new Decided(decisions.retryAll(
                new LetterFilter(sink, null, topic, source, schema, table, key, q), caller.getName()));
    }

    @PostMapping("/discard")
    Decided discardAll(
            @RequestParam @Nullable String sink,
            @RequestParam @Nullable String topic,
            @RequestParam @Nullable String source,
            @RequestParam @Nullable String schema,
            @RequestParam @Nullable String table,
            @RequestParam @Nullable String key,
            @RequestParam @Nullable String q,
            @RequestBody(required = false) @Nullable Reason body,
            @RequestParam Map<String, String> given,
            Principal caller) {
        refuseUnknown(given);
        return new Decided(decisions.discardAll(
                new LetterFilter(sink, null, topic, source, schema, table, key, q),
                body == null ? null : body.reason(),
                caller.getName()));
    }

    /** A filter with a slip of the pen would mean all that are open. */
    private static void refuseUnknown(Map<String, String> given) {
        given.keySet().stream()
                .filter(name -> !FILTERS.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw Problem.badRequest(
                            "There is no parameter '" + name + "' here, and nothing was done. Give some of "
                                    + String.join(", ", FILTERS) + "; without any all open dead letters are meant.");
                });
    }
}
