package io.millrace.admin.sources;

import static java.util.stream.Collectors.toMap;

import io.millrace.admin.lag.CaptureLag;
import io.millrace.admin.lag.LagSampler;
import io.millrace.admin.lag.Rates;
import io.millrace.admin.web.Notice;
import io.millrace.admin.web.Page;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.Finding;
import java.security.Principal;
import java.util.List;
import java.util.Map;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** Sources: the list, one with its checks, and the form that adds one. */
@Page
@RequestMapping("/sources")
class SourcesPages {

    private final SourceRegister register;
    private final SourceRemoval removal;
    private final LagSampler lag;
    private final Rates rates;

    SourcesPages(SourceRegister register, SourceRemoval removal, LagSampler lag, Rates rates) {
        this.register = register;
        this.removal = removal;
        this.lag = lag;
        this.rates = rates;
    }

    @GetMapping
    String list(Model model) {
        List<Source> sources = register.all();
        model.addAttribute("sources", sources);
        model.addAttribute("lags", lags());
        model.addAttribute("rates", rates);
        model.addAttribute("counts", sources.stream().collect(toMap(Source::name, source -> register.captured(source)
                .size())));
        return "sources";
    }

    private Map<String, CaptureLag> lags() {
        return lag.latest().captures().stream()
                .collect(toMap(capture -> capture.source().name(), capture -> capture));
    }

    @GetMapping("/{name}")
    String show(@PathVariable String name, Model model) {
        Source source = register.find(name);
        List<Finding> findings = register.check(source);
        model.addAttribute("s", source);
        model.addAttribute("findings", findings);
        model.addAttribute("pass", Finding.pass(findings));
        model.addAttribute("captured", register.captured(source));
        model.addAttribute("gap", register.gap(source).orElse(null));
        model.addAttribute(
                "pastGaps",
                register.gaps(source).stream()
                        .filter(gap -> gap.newEpoch() != null)
                        .toList());
        model.addAttribute("sslModes", SourceRegister.SSL_MODES);
        model.addAttribute("lag", lags().get(name));
        model.addAttribute("line", rates.sourceLine(name, 60, 60));
        return "source";
    }

    @PostMapping("/{name}/epochs")
    String begin(@PathVariable String name, @RequestParam long gap, Principal user, RedirectAttributes redirect) {
        try {
            int epoch = register.accept(register.find(name), gap, user.getName());
            Notice.done(
                    redirect,
                    "Epoch " + epoch + " of " + name
                            + " begins: every table is read anew, and its history shows the gap.");
        } catch (Problem refused) {
            Notice.refused(redirect, refused.detail());
        }
        return "redirect:/sources/" + name;
    }

    @GetMapping("/add")
    String form(Model model) {
        model.addAttribute("sslModes", SourceRegister.SSL_MODES);
        return "source-add";
    }

    @PostMapping("/add")
    String add(
            @RequestParam String name,
            @RequestParam String host,
            @RequestParam(defaultValue = "5432") int port,
            @RequestParam String database,
            @RequestParam String username,
            @RequestParam String password,
            @RequestParam(defaultValue = "prefer") String sslMode,
            Principal user,
            RedirectAttributes redirect) {
        try {
            register.add(
                    name.strip(),
                    host.strip(),
                    port,
                    database.strip(),
                    username.strip(),
                    password,
                    sslMode,
                    user.getName());
            Notice.done(redirect, "The source " + name.strip() + " is added. Register its tables next.");
            return "redirect:/sources/" + name.strip();
        } catch (Problem refused) {
            Notice.refused(redirect, refused.title() + ".");
            if (refused.more().get("findings") instanceof List<?> findings) {
                redirect.addFlashAttribute("findings", findings);
            } else {
                Notice.refused(redirect, refused.detail());
            }
            redirect.addFlashAttribute(
                    "typed",
                    Map.of(
                            "name", name,
                            "host", host,
                            "port", port,
                            "database", database,
                            "username", username,
                            "sslMode", sslMode));
            return "redirect:/sources/add";
        }
    }

    @PostMapping("/{name}/connection")
    String change(
            @PathVariable String name,
            @RequestParam String host,
            @RequestParam int port,
            @RequestParam String database,
            @RequestParam String username,
            @RequestParam(defaultValue = "") String password,
            @RequestParam String sslMode,
            RedirectAttributes redirect) {
        try {
            register.change(
                    name,
                    host.strip(),
                    port,
                    database.strip(),
                    username.strip(),
                    password.isEmpty() ? null : password,
                    sslMode);
            Notice.done(redirect, "The source " + name + " is reached that way from now on.");
        } catch (Problem refused) {
            Notice.refused(redirect, refused.title() + ". " + refused.detail());
        }
        return "redirect:/sources/" + name;
    }

    @PostMapping("/{name}/remove")
    String remove(@PathVariable String name, RedirectAttributes redirect) {
        try {
            List<String> left = removal.remove(name);
            Notice.done(
                    redirect,
                    left.isEmpty()
                            ? "The source " + name + " is removed, and its slot and publications are dropped."
                            : "The source " + name + " is removed. Its server did not let go of everything; run there: "
                                    + String.join(" ", left));
            return "redirect:/sources";
        } catch (Problem refused) {
            Notice.refused(redirect, refused.title() + ". " + refused.detail());
            return "redirect:/sources/" + name;
        }
    }
}
