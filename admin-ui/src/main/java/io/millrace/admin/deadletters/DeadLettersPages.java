package io.millrace.admin.deadletters;

import io.millrace.admin.sinks.Sinks;
import io.millrace.admin.web.Items;
import io.millrace.admin.web.Notice;
import io.millrace.admin.web.Page;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.PipelineCatalog;
import java.security.Principal;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** The list of dead letters, and one of them. */
@Page
@RequestMapping("/dead-letters")
class DeadLettersPages {

    private static final int LETTERS = 50;

    private final DeadLetters letters;
    private final Decisions decisions;
    private final Sinks sinks;
    private final PipelineCatalog catalog;

    DeadLettersPages(DeadLetters letters, Decisions decisions, Sinks sinks, PipelineCatalog catalog) {
        this.letters = letters;
        this.decisions = decisions;
        this.sinks = sinks;
        this.catalog = catalog;
    }

    @GetMapping
    String list(
            @RequestParam(defaultValue = "") String sink,
            @RequestParam(defaultValue = "") String state,
            @RequestParam(defaultValue = "") String topic,
            @RequestParam(defaultValue = "") String key,
            @RequestParam(defaultValue = "") String q,
            @RequestParam @Nullable String cursor,
            Model model) {
        LetterFilter filter = new LetterFilter(sink, state, topic, null, null, null, key, q);
        Items<DeadLetter> page = letters.page(filter, cursor, LETTERS);
        boolean openShown = state.isBlank() || state.equals("OPEN");
        model.addAttribute("letters", page.items());
        model.addAttribute("next", page.next());
        model.addAttribute("sinks", sinks.all());
        model.addAttribute("tables", catalog.tables());
        model.addAttribute("states", LetterFilter.STATES);
        model.addAttribute("f", filter);
        model.addAttribute("filtered", !(sink + state + topic + key + q).isBlank());
        model.addAttribute("open", openShown ? letters.open(filter) : 0);
        return "dead-letters";
    }

    @GetMapping("/{id}")
    String show(@PathVariable long id, Model model) {
        DeadLetter letter = letters.find(id);
        model.addAttribute("d", letter);
        model.addAttribute("before", letter.state().equals("WAITING") ? letters.before(letter) : null);
        return "dead-letter";
    }

    @PostMapping("/{id}/retry")
    String retry(@PathVariable long id, Principal user, RedirectAttributes redirect) {
        return told(redirect, "/dead-letters/" + id, () -> {
            decisions.retry(id, user.getName());
            return "It is given to the sink again.";
        });
    }

    @PostMapping("/{id}/discard")
    String discard(
            @PathVariable long id,
            @RequestParam(defaultValue = "") String reason,
            Principal user,
            RedirectAttributes redirect) {
        return told(redirect, "/dead-letters/" + id, () -> {
            decisions.discard(id, reason, user.getName());
            return "Discarded; the reason is kept with it.";
        });
    }

    @PostMapping("/retry")
    String retryAll(
            @RequestParam(defaultValue = "") String sink,
            @RequestParam(defaultValue = "") String topic,
            @RequestParam(defaultValue = "") String key,
            @RequestParam(defaultValue = "") String q,
            Principal user,
            RedirectAttributes redirect) {
        return told(redirect, back(redirect, sink, topic, key, q), () -> {
            int count =
                    decisions.retryAll(new LetterFilter(sink, null, topic, null, null, null, key, q), user.getName());
            return count == 1
                    ? "1 dead letter is given to its sink again."
                    : count + " dead letters are given to their sinks again.";
        });
    }

    @PostMapping("/discard")
    String discardAll(
            @RequestParam(defaultValue = "") String sink,
            @RequestParam(defaultValue = "") String topic,
            @RequestParam(defaultValue = "") String key,
            @RequestParam(defaultValue = "") String q,
            @RequestParam(defaultValue = "") String reason,
            Principal user,
            RedirectAttributes redirect) {
        return told(redirect, back(redirect, sink, topic, key, q), () -> {
            int count = decisions.discardAll(
                    new LetterFilter(sink, null, topic, null, null, null, key, q), reason, user.getName());
            return count + (count == 1 ? " dead letter was" : " dead letters were") + " discarded.";
        });
    }

    private static String back(RedirectAttributes redirect, String sink, String topic, String key, String q) {
        redirect.addAttribute("sink", sink);
        redirect.addAttribute("topic", topic);
        redirect.addAttribute("key", key);
        redirect.addAttribute("q", q);
        return "/dead-letters";
    }

    private interface Work {
        String run();
    }

    private static String told(RedirectAttributes redirect, String to, Work work) {
        try {
            Notice.done(redirect, work.run());
        } catch (Problem refused) {
            Notice.refused(redirect, refused.detail());
        }
        return "redirect:" + to;
    }
}
