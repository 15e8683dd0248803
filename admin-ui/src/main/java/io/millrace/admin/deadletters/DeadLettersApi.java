package io.millrace.admin.deadletters;

import io.millrace.admin.web.Api;
import io.millrace.admin.web.Items;
import io.millrace.admin.web.Problem;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** {@code /dead-letters}, newest first. */
@Api
class DeadLettersApi {

    private static final int MOST = 1000;

    private final DeadLetters letters;

    DeadLettersApi(DeadLetters letters) {
        this.letters = letters;
    }

    @GetMapping("/api/v1/dead-letters")
    Items<DeadLetter> list(
            @RequestParam @Nullable String sink,
            @RequestParam @Nullable String state,
            @RequestParam @Nullable String cursor,
            @RequestParam(defaultValue = "50") int limit) {
        if (limit < 1 || limit > MOST) {
            throw Problem.badRequest("The limit " + limit + " is not between 1 and " + MOST + ".");
        }
        return letters.page(sink, state, cursor, limit);
    }
}
