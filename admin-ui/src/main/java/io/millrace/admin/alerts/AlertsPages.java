package io.millrace.admin.alerts;

import io.millrace.admin.web.Notice;
import io.millrace.admin.web.Page;
import io.millrace.catalog.Alerts;
import java.security.Principal;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** The list of alerts: open ones first, then what is over. */
@Page
class AlertsPages {

    private static final int NEWEST = 200;

    private final Alerts alerts;

    AlertsPages(Alerts alerts) {
        this.alerts = alerts;
    }

    @GetMapping("/alerts")
    String list(Model model) {
        model.addAttribute("open", alerts.open());
        model.addAttribute(
                "closed",
                alerts.recent(NEWEST).stream()
                        .filter(alert -> alert.resolvedAt() != null)
                        .toList());
        return "alerts";
    }

    @PostMapping("/alerts/{id}/dismiss")
    String dismiss(@PathVariable long id, Principal user, RedirectAttributes redirect) {
        alerts.dismiss(id, user.getName())
                .ifPresentOrElse(
                        alert -> Notice.done(
                                redirect,
                                "Dismissed. Where the cause is not mended it is raised again when it is met."),
                        () -> Notice.refused(redirect, "There is no such alert any more."));
        return "redirect:/alerts";
    }
}
