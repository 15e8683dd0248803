package io.millrace.admin.tables;

import io.millrace.admin.sinks.Sinks;
import io.millrace.admin.web.Notice;
import io.millrace.admin.web.Page;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.event.RowKey;
import io.millrace.event.TableId;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Registering in three steps, each with an address of its own: the source, its tables, the sinks. */
@Page
@RequestMapping("/tables/register")
class RegisterPages {

    private final Registrations registrations;
    private final PipelineCatalog catalog;
    private final Sinks sinks;

    RegisterPages(Registrations registrations, PipelineCatalog catalog, Sinks sinks) {
        this.registrations = registrations;
        this.catalog = catalog;
        this.sinks = sinks;
    }

    /** A table that the source holds, as a line to choose. */
    record Choice(SourceTable table, String value, @Nullable Long registeredAs, boolean chosen) {

        /** Returns how rows are told apart and what the history will know, in words. */
        public String identityWords() {
            if (!table.hasKey()) {
                return "no key";
            }
            String key = "key " + String.join(", ", table.keyColumns());
            return switch (table.identity()) {
                case FULL -> key + " · before-images complete";
                case NOTHING -> key + " · identity NOTHING";
                default -> key;
            };
        }

        public @Nullable Long estimate() {
            return table.estimatedRows() < 0 ? null : (Long) table.estimatedRows();
        }
    }

    @GetMapping
    String source(Model model) {
        List<Source> sources = catalog.sources();
        model.addAttribute("sources", sources);
        model.addAttribute(
                "counts",
                catalog.tables().stream().collect(Collectors.groupingBy(CapturedTable::source, Collectors.counting())));
        return "register-source";
    }

    @GetMapping("/tables")
    String tables(
            @RequestParam String source,
            @RequestParam(defaultValue = "") String q,
            @RequestParam(required = false) @Nullable List<String> t,
            Model model) {
        Source chosen = registrations.source(source);
        String search = q.strip().toLowerCase(Locale.ROOT);
        Set<String> marked = t == null ? Set.of() : new LinkedHashSet<>(t);
        Map<TableId, Long> registered = catalog.tables().stream()
                .filter(table -> table.source().equals(source))
                .collect(Collectors.toMap(CapturedTable::table, CapturedTable::id));
        List<Choice> choices = registrations.held(chosen).stream()
                .map(table -> new Choice(
                        table,
                        value(table.table()),
                        registered.get(table.table()),
                        marked.contains(value(table.table()))))
                .toList();
        model.addAttribute("source", chosen);
        model.addAttribute("q", q);
        model.addAttribute("all", choices.size());
        model.addAttribute(
                "choices",
                choices.stream()
                        .filter(choice -> choice.chosen()
                                || choice.table()
                                        .table()
                                        .toString()
                                        .toLowerCase(Locale.ROOT)
                                        .contains(search))
                        .toList());
        return "register-tables";
    }

    @GetMapping("/sinks")
    String sinks(
            @RequestParam String source,
            @RequestParam(required = false) @Nullable List<String> t,
            @RequestParam(required = false) @Nullable List<String> sink,
            Model model,
            RedirectAttributes redirect) {
        if (t == null || t.isEmpty()) {
            Notice.refused(redirect, "Choose at least one table.");
            redirect.addAttribute("source", source);
            return "redirect:/tables/register/tables";
        }
        Source chosen = registrations.source(source);
        Set<String> wanted = new LinkedHashSet<>(
                sink == null ? sinks.all().stream().map(one -> one.name()).toList() : sink);
        List<Registrations.Checked> checked =
                registrations.check(chosen, t.stream().map(RegisterPages::table).toList(), wanted);
        model.addAttribute("source", chosen);
        model.addAttribute("values", t);
        model.addAttribute("checked", checked);
        model.addAttribute("sinks", sinks.all());
        model.addAttribute("wanted", wanted);
        model.addAttribute(
                "refused",
                checked.stream().filter(Registrations.Checked::refused).count());
        model.addAttribute(
                "rows",
                checked.stream()
                        .map(Registrations.Checked::described)
                        .filter(java.util.Objects::nonNull)
                        .mapToLong(table -> Math.max(0, table.estimatedRows()))
                        .sum());
        return "register-sinks";
    }

    @PostMapping
    String register(
            @RequestParam String source,
            @RequestParam List<String> t,
            @RequestParam(required = false) @Nullable List<String> sink,
            Principal user,
            RedirectAttributes redirect) {
        List<String> wanted = sink == null ? List.of() : sink;
        List<CapturedTable> done = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        for (String value : t) {
            try {
                done.add(registrations.register(source, table(value), wanted, user.getName()));
            } catch (Problem problem) {
                refused.add(problem.detail());
            }
        }
        if (!done.isEmpty()) {
            Notice.done(
                    redirect,
                    "Registered: "
                            + done.stream()
                                    .map(table -> table.table().toString())
                                    .collect(Collectors.joining(", "))
                            + ". Existing rows are being read while changes already flow.");
        }
        if (!refused.isEmpty()) {
            Notice.refused(redirect, String.join(" ", new LinkedHashSet<>(refused)));
        }
        if (done.isEmpty()) {
            redirect.addAttribute("source", source);
            redirect.addAttribute("t", t);
            if (!wanted.isEmpty()) {
                redirect.addAttribute("sink", wanted);
            }
            return "redirect:/tables/register/sinks";
        }
        return done.size() == 1 ? "redirect:/tables/" + done.get(0).id() : "redirect:/tables";
    }

    /** Both names in one form value, whatever they hold: a dot inside a name is encoded too. */
    static String value(TableId table) {
        return encode(table.schema()) + "." + encode(table.table());
    }

    private static String encode(String name) {
        return RowKey.percentEncode(name).replace(".", "%2E");
    }

    static TableId table(String value) {
        int dot = value.indexOf('.');
        if (dot < 0) {
            throw Problem.badRequest("'" + value + "' is not a table.");
        }
        return new TableId(
                URLDecoder.decode(value.substring(0, dot), StandardCharsets.UTF_8),
                URLDecoder.decode(value.substring(dot + 1), StandardCharsets.UTF_8));
    }
}
