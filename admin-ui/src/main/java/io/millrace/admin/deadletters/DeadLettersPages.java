package io.millrace.admin.deadletters;

import io.millrace.admin.sinks.Sinks;
import io.millrace.admin.web.Items;
import io.millrace.admin.web.Page;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The list of dead letters. */
@Page
class DeadLettersPages {

    private static final int LETTERS = 50;

    private final DeadLetters letters;
    private final Sinks sinks;

    DeadLettersPages(DeadLetters letters, Sinks sinks) {
        this.letters = letters;
        this.sinks = sinks;
    }

    @GetMapping("/dead-letters")
    String list(
            @RequestParam(defaultValue = "") String sink,
            @RequestParam(defaultValue = "") String state,
            @RequestParam @Nullable String cursor,
            Model model) {
        Items<DeadLetter> page = letters.page(sink, state, cursor, LETTERS);
        model.addAttribute("letters", page.items());
        model.addAttribute("next", page.next());
        model.addAttribute("sinks", sinks.all());
        model.addAttribute("states", List.of("OPEN", "RETRIED", "SUPERSEDED", "DISCARDED"));
        model.addAttribute("sink", sink);
        model.addAttribute("state", state);
        return "dead-letters";
    }
}
