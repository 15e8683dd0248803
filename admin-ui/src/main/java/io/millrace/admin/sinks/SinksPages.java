package io.millrace.admin.sinks;

import io.millrace.admin.lag.LagSampler;
import io.millrace.admin.lag.SinkLag;
import io.millrace.admin.web.Format;
import io.millrace.admin.web.Notice;
import io.millrace.admin.web.Page;
import io.millrace.admin.web.Problem;
import java.security.Principal;
import java.time.LocalDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.ModelAttribute;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** The sinks with their tables, and the delivery of one table to one sink. */
@Page
@RequestMapping("/sinks")
class SinksPages {

    private final Sinks sinks;
    private final Bindings bindings;
    private final Deliveries deliveries;
    private final LagSampler lag;

    SinksPages(Sinks sinks, Bindings bindings, Deliveries deliveries, LagSampler lag) {
        this.sinks = sinks;
        this.bindings = bindings;
        this.deliveries = deliveries;
        this.lag = lag;
    }

    /** A sink with its tables. */
    record Group(Sink sink, List<SinkLag> lags) {}

    @GetMapping
    String list(Model model) {
        List<SinkLag> all = lag.latest().sinks();
        model.addAttribute(
                "groups",
                sinks.all().stream()
                        .map(sink -> new Group(
                                sink,
                                all.stream()
                                        .filter(one -> one.sink().equals(sink.name()))
                                        .toList()))
                        .toList());
        return "sinks";
    }

    @GetMapping("/{sink}/tables/{table}")
    String show(@PathVariable String sink, @PathVariable long table, Model model) {
        fill(sink, table, model);
        return "binding";
    }

    /** The parts of the page that move. */
    @GetMapping("/{sink}/tables/{table}/live")
    String live(@PathVariable String sink, @PathVariable long table, Model model) {
        fill(sink, table, model);
        return "binding :: live";
    }

    private void fill(String sink, long table, Model model) {
        model.addAttribute("t", bindings.table(sink, table));
        model.addAttribute("d", deliveries.of(sink, table));
        model.addAttribute("sink", sinks.find(sink).orElseGet(() -> new Sink(sink)));
    }

    @PostMapping("/{sink}/tables/{table}/pause")
    String pause(@PathVariable String sink, @PathVariable long table, Principal user, RedirectAttributes redirect) {
        return told(sink, table, redirect, () -> {
            bindings.pause(sink, table, user.getName());
            return "Delivery to " + sink + " is paused; the other sinks go on.";
        });
    }

    @PostMapping("/{sink}/tables/{table}/resume")
    String resume(@PathVariable String sink, @PathVariable long table, Principal user, RedirectAttributes redirect) {
        return told(sink, table, redirect, () -> bindings.resume(sink, table, user.getName())
                .said());
    }

    @PostMapping("/{sink}/tables/{table}/rewind")
    String rewind(
            @PathVariable String sink,
            @PathVariable long table,
            @RequestParam(defaultValue = "") String to,
            @RequestParam(defaultValue = "") String time,
            @RequestParam(defaultValue = "") String position,
            @ModelAttribute("fmt") Format format,
            Principal user,
            RedirectAttributes redirect) {
        return told(sink, table, redirect, () -> {
            RewindTarget target =
                    switch (to) {
                        case "beginning" -> new RewindTarget.Beginning();
                        case "time" -> at(time, format);
                        default -> RewindTarget.parse(position);
                    };
            long records = bindings.rewind(sink, table, target, user.getName()).stream()
                    .mapToLong(Rewinds.Moved::again)
                    .sum();
            return format.plural(records, "record is", "records are") + " delivered to " + sink + " again.";
        });
    }

    private static RewindTarget at(String time, Format format) {
        try {
            return new RewindTarget.At(
                    LocalDateTime.parse(time).atZone(format.zone()).toInstant());
        } catch (DateTimeParseException e) {
            throw Problem.badRequest("Choose the time to rewind to.");
        }
    }

    private interface Work {
        String run();
    }

    private static String told(String sink, long table, RedirectAttributes redirect, Work work) {
        try {
            Notice.done(redirect, work.run());
        } catch (Problem refused) {
            Notice.refused(redirect, refused.detail());
        }
        redirect.addAttribute("sink", sink);
        redirect.addAttribute("table", table);
        return "redirect:/sinks/{sink}/tables/{table}";
    }
}
