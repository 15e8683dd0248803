package io.millrace.admin.sinks;

import io.millrace.admin.web.Notice;
import io.millrace.admin.web.Page;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.options.ElasticsearchOptions;
import io.millrace.catalog.options.KeyTemplate;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildWish;
import java.security.Principal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** One table in one sink: its options, and its rebuild. */
@Page
@RequestMapping("/tables/{id}/sinks/{sink}")
class SinkTablePages {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final TableRebuilds rebuilds;
    private final BindingOptions options;
    private final Sinks sinks;

    SinkTablePages(TableRebuilds rebuilds, BindingOptions options, Sinks sinks) {
        this.rebuilds = rebuilds;
        this.options = options;
        this.sinks = sinks;
    }

    /** A column with the kinds of field that it can become. */
    record Field(Column column, List<String> choices, String chosen) {}

    @GetMapping
    String show(@PathVariable long id, @PathVariable String sink, Model model) {
        fill(id, sink, JSON.readTree(options.of(sink, id)), Map.of(), model);
        return "sink-table";
    }

    /** The part of the page that moves. */
    @GetMapping("/rebuild")
    String live(@PathVariable long id, @PathVariable String sink, Model model) {
        fill(id, sink, JSON.createObjectNode(), Map.of(), model);
        return "sink-table :: rebuild";
    }

    private void fill(long id, String sink, JsonNode given, Map<String, String> problems, Model model) {
        CapturedTable table = rebuilds.bound(sink, id);
        Rebuild rebuild = rebuilds.latest(sink, id).orElse(null);
        model.addAttribute("t", table);
        model.addAttribute("sink", sinks.find(sink).orElseGet(() -> new Sink(sink)));
        model.addAttribute("rebuildable", TableRebuilds.rebuildable(sink));
        model.addAttribute("rebuild", rebuild);
        model.addAttribute("state", rebuild == null ? "" : TableRebuilds.words(rebuild.state()));
        model.addAttribute("problems", problems);
        model.addAttribute("format", given.path("format").asString("json"));
        model.addAttribute("key", given.path("key").asString(""));
        model.addAttribute("usualKey", KeyTemplate.DEFAULT);
        model.addAttribute("timeToLive", given.path("timeToLive").asString(""));
        model.addAttribute(
                "fields",
                table.columns().stream()
                        .map(column -> {
                            List<String> choices = ElasticsearchOptions.choices(column);
                            return new Field(
                                    column,
                                    choices,
                                    given.path("mapping").path(column.name()).asString(choices.get(0)));
                        })
                        .toList());
    }

    /** Stores the options, or shows the form again with what is wrong beside each field. */
    @PostMapping("/options")
    String save(
            @PathVariable long id,
            @PathVariable String sink,
            @RequestParam Map<String, String> form,
            Principal user,
            Model model,
            RedirectAttributes redirect) {
        ObjectNode wanted = wanted(rebuilds.bound(sink, id), sink, form);
        Map<String, String> problems = options.problems(sink, id, wanted.toString());
        if (!problems.isEmpty()) {
            fill(id, sink, wanted, problems, model);
            return "sink-table";
        }
        return told(
                id,
                sink,
                redirect,
                sink.equals(ElasticsearchOptions.SINK)
                        ? "Saved. Fields that exist take effect with the next rebuild of the index."
                        : "Saved. Entries are being made anew.",
                () -> options.save(sink, id, wanted.toString(), user.getName()));
    }

    /** What the form does not show of the options stays. */
    private ObjectNode wanted(CapturedTable table, String sink, Map<String, String> form) {
        ObjectNode wanted = (ObjectNode) JSON.readTree(options.of(sink, table.id()));
        if (sink.equals(ElasticsearchOptions.SINK)) {
            ObjectNode mapping = JSON.createObjectNode();
            for (Column column : table.columns()) {
                String kind = form.getOrDefault("mapping." + column.name(), "");
                if (!kind.isBlank()
                        && !kind.equals(ElasticsearchOptions.choices(column).get(0))) {
                    mapping.put(column.name(), kind);
                }
            }
            wanted.set("mapping", mapping);
        } else {
            for (String member : List.of("format", "key", "timeToLive")) {
                String value = form.getOrDefault(member, "").strip();
                if (value.isEmpty()) {
                    wanted.remove(member);
                } else {
                    wanted.put(member, value);
                }
            }
        }
        return wanted;
    }

    @PostMapping("/rebuild")
    String start(
            @PathVariable long id,
            @PathVariable String sink,
            @RequestParam(defaultValue = "1h") String keep,
            Principal user,
            RedirectAttributes redirect) {
        return told(
                id,
                sink,
                redirect,
                "Being rebuilt; readers go on as before until the exchange.",
                () -> rebuilds.start(sink, id, RebuildsApi.duration(keep), user.getName()));
    }

    @PostMapping("/rebuild/accept")
    String accept(
            @PathVariable long id,
            @PathVariable String sink,
            @RequestParam long missing,
            @RequestParam long older,
            RedirectAttributes redirect) {
        return told(
                id,
                sink,
                redirect,
                "It compares once more, and goes on if no more is missing than what you saw.",
                () -> rebuilds.accept(sink, id, missing, older));
    }

    @PostMapping("/rebuild/{wish}")
    String wish(
            @PathVariable long id, @PathVariable String sink, @PathVariable String wish, RedirectAttributes redirect) {
        return switch (wish.toLowerCase(Locale.ROOT)) {
            case "cancel" ->
                wished(id, sink, redirect, RebuildWish.CANCEL, "Being cancelled; readers see what they saw.");
            case "rollback" ->
                wished(id, sink, redirect, RebuildWish.ROLL_BACK, "The old one is taking its place again.");
            case "finish" -> wished(id, sink, redirect, RebuildWish.FINISH, "The old one is being removed.");
            default -> throw Problem.notFound("Page", "There is no such button.");
        };
    }

    private String wished(long id, String sink, RedirectAttributes redirect, RebuildWish wish, String sentence) {
        return told(id, sink, redirect, sentence, () -> rebuilds.wish(sink, id, wish));
    }

    private static String told(long id, String sink, RedirectAttributes redirect, String sentence, Runnable action) {
        try {
            action.run();
            Notice.done(redirect, sentence);
        } catch (Problem problem) {
            Notice.refused(redirect, problem.detail());
        }
        redirect.addAttribute("sink", sink);
        redirect.addAttribute("id", id);
        return "redirect:/tables/{id}/sinks/{sink}";
    }
}
