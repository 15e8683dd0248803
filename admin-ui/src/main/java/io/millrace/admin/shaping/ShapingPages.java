package io.millrace.admin.shaping;

import io.millrace.admin.shaping.Declarations.Place;
import io.millrace.admin.sinks.Sink;
import io.millrace.admin.sinks.Sinks;
import io.millrace.admin.web.Notice;
import io.millrace.admin.web.Page;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.shaping.Mask;
import io.millrace.catalog.shaping.ShapingFinding;
import java.security.Principal;
import java.util.List;
import org.springframework.ui.Model;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** The page on which people say what a sink gets of a table, and see it tried. */
@Page
@RequestMapping("/tables/{id}/sinks/{sink}/shaping")
class ShapingPages {

    private static final int TRIED = 10;

    private final Declarations declarations;
    private final Previews previews;
    private final Sinks sinks;

    ShapingPages(Declarations declarations, Previews previews, Sinks sinks) {
        this.declarations = declarations;
        this.previews = previews;
        this.sinks = sinks;
    }

    @GetMapping
    String show(@PathVariable long id, @PathVariable String sink, Model model) {
        Place place = declarations.place(sink, id);
        ShapingForm form =
                ShapingForm.of(place.shaping(), place.table(), place.binding().shapingVersion());
        return page(place, form, declarations.check(place, place.shaping()), model);
    }

    private String page(Place place, ShapingForm form, List<ShapingFinding> findings, Model model) {
        String sink = place.binding().sink();
        model.addAttribute("t", place.table());
        model.addAttribute("sink", sinks.find(sink).orElseGet(() -> new Sink(sink)));
        model.addAttribute("history", place.history());
        model.addAttribute("declared", declarations.view(place));
        model.addAttribute("form", form);
        model.addAttribute("kinds", Mask.Kind.values());
        model.addAttribute("places", form.places(findings));
        return "shaping";
    }

    /** What is wrong with what is typed, for the places beside the fields. */
    @PostMapping("/check")
    String check(
            @PathVariable long id,
            @PathVariable String sink,
            @RequestParam MultiValueMap<String, String> typed,
            Model model) {
        Place place = declarations.place(sink, id);
        ShapingForm form = ShapingForm.of(typed, place.table());
        model.addAttribute("places", form.places(declarations.check(place, form.shaping())));
        return "shaping :: findings";
    }

    @PostMapping("/preview")
    String preview(
            @PathVariable long id,
            @PathVariable String sink,
            @RequestParam MultiValueMap<String, String> typed,
            Model model) {
        Place place = declarations.place(sink, id);
        ShapingForm form = ShapingForm.of(typed, place.table());
        try {
            Preview preview = previews.of(place.table(), place.binding(), form.shaping(), TRIED);
            model.addAttribute(
                    "preview",
                    preview.events().stream()
                            .map(event -> PreviewRow.of(event, form.shaping().names()))
                            .toList());
            model.addAttribute("stopped", preview.findings().stream().anyMatch(ShapingFinding::isError));
            return page(place, form, preview.findings(), model);
        } catch (Problem problem) {
            model.addAttribute("refusal", problem.detail());
            return page(place, form, declarations.check(place, form.shaping()), model);
        }
    }

    @PostMapping
    String save(
            @PathVariable long id,
            @PathVariable String sink,
            @RequestParam MultiValueMap<String, String> typed,
            @RequestParam(defaultValue = "false") boolean reread,
            Principal user,
            RedirectAttributes redirect,
            Model model) {
        Place place = declarations.place(sink, id);
        ShapingForm form = ShapingForm.of(typed, place.table());
        try {
            declarations.save(place, form.shaping(), form.version(), reread, user.getName());
        } catch (Problem problem) {
            model.addAttribute("refusal", problem.detail());
            return page(place, form, declarations.check(place, form.shaping()), model);
        }
        Notice.done(
                redirect,
                reread
                        ? "Saved. All rows are being read again, which brings in line what is there."
                        : "Saved: it holds for changes from now on. What is there stays as it is until all rows are read again.");
        return "redirect:/tables/" + id + "/sinks/" + sink + "/shaping";
    }
}
