package io.millrace.admin.tables;

import io.millrace.admin.lag.LagSampler;
import io.millrace.admin.lag.Rates;
import io.millrace.admin.sinks.Bindings;
import io.millrace.admin.sinks.Sinks;
import io.millrace.admin.web.Notice;
import io.millrace.admin.web.Page;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.TableState;
import java.security.Principal;
import java.util.List;
import java.util.Locale;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** The list of captured tables, and one of them. */
@Page
@RequestMapping("/tables")
class TablesPages {

    private static final int SNAPSHOTS_SHOWN = 5;

    private final PipelineCatalog catalog;
    private final TableLife life;
    private final SnapshotLife snapshots;
    private final Bindings bindings;
    private final Sinks sinks;
    private final LagSampler lag;
    private final Rates rates;

    TablesPages(
            PipelineCatalog catalog,
            TableLife life,
            SnapshotLife snapshots,
            Bindings bindings,
            Sinks sinks,
            LagSampler lag,
            Rates rates) {
        this.catalog = catalog;
        this.life = life;
        this.snapshots = snapshots;
        this.bindings = bindings;
        this.sinks = sinks;
        this.lag = lag;
        this.rates = rates;
    }

    @GetMapping
    String list(
            @RequestParam(defaultValue = "") String source,
            @RequestParam(defaultValue = "") String q,
            @RequestParam(defaultValue = "") String state,
            Model model) {
        String search = q.strip().toLowerCase(Locale.ROOT);
        List<CapturedTable> all = catalog.tables();
        List<TableRow> rows = all.stream()
                .filter(table -> source.isBlank() || table.source().equals(source))
                .filter(table -> state.isBlank() || table.state().name().equals(state))
                .filter(table ->
                        table.table().toString().toLowerCase(Locale.ROOT).contains(search))
                .map(this::row)
                .toList();
        model.addAttribute("rows", rows);
        model.addAttribute("none", all.isEmpty());
        model.addAttribute("sources", catalog.sources());
        model.addAttribute("states", TableState.values());
        model.addAttribute("source", source);
        model.addAttribute("state", state);
        model.addAttribute("q", q);
        return "tables";
    }

    private TableRow row(CapturedTable table) {
        return TableRow.of(table, snapshots.current(table.id()).orElse(null), lag.latest(), rates, sinks);
    }

    @GetMapping("/{id}")
    String show(@PathVariable long id, Model model) {
        fill(id, model);
        return "table";
    }

    /** The parts of the page that move. */
    @GetMapping("/{id}/live")
    String live(@PathVariable long id, Model model) {
        fill(id, model);
        return "table :: live";
    }

    private void fill(long id, Model model) {
        CapturedTable table = life.find(id);
        model.addAttribute("t", table);
        model.addAttribute("row", row(table));
        model.addAttribute("line", rates.tableLine(id, 60, 60));
        model.addAttribute("snapshots", snapshots.list(id, SNAPSHOTS_SHOWN));
        model.addAttribute("versions", SchemaVersion.of(catalog.schemas(id)));
        model.addAttribute(
                "alerts",
                catalog.alerts().open().stream()
                        .filter(alert -> Long.valueOf(id).equals(alert.tableId()))
                        .toList());
    }

    @PostMapping("/{id}/pause")
    String pause(@PathVariable long id, Principal user, RedirectAttributes redirect) {
        return told(
                id,
                redirect,
                "Paused: its changes wait in Kafka and go to no sink.",
                () -> life.pause(id, user.getName()));
    }

    @PostMapping("/{id}/resume")
    String resume(@PathVariable long id, Principal user, RedirectAttributes redirect) {
        return told(id, redirect, "Resumed: it goes on where it stopped.", () -> life.resume(id, user.getName()));
    }

    @PostMapping("/{id}/remove")
    String remove(@PathVariable long id, RedirectAttributes redirect) {
        told(
                id,
                redirect,
                "Being removed: capture takes it out of the publication. Its history, its topic and what the sinks hold stay.",
                () -> life.remove(id));
        return "redirect:/tables";
    }

    @PostMapping("/{id}/sinks/{sink}/pause")
    String pauseSink(@PathVariable long id, @PathVariable String sink, Principal user, RedirectAttributes redirect) {
        return told(
                id,
                redirect,
                "Delivery to " + sink + " is paused; the other sinks go on.",
                () -> bindings.pause(sink, id, user.getName()));
    }

    @PostMapping("/{id}/sinks/{sink}/resume")
    String resumeSink(@PathVariable long id, @PathVariable String sink, Principal user, RedirectAttributes redirect) {
        try {
            Notice.done(redirect, bindings.resume(sink, id, user.getName()).said());
        } catch (Problem refused) {
            Notice.refused(redirect, refused.detail());
        }
        return "redirect:/tables/" + id;
    }

    private static String told(long id, RedirectAttributes redirect, String done, Runnable work) {
        try {
            work.run();
            Notice.done(redirect, done);
        } catch (Problem refused) {
            Notice.refused(redirect, refused.detail());
        }
        return "redirect:/tables/" + id;
    }
}
