package io.millrace.admin.alerts;

import io.millrace.admin.web.Api;
import io.millrace.admin.web.Items;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.Alert;
import io.millrace.catalog.Alerts;
import java.security.Principal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** {@code /alerts}: the open ones, critical first; with {@code all} the newest of all. */
@Api
@RequestMapping("/api/v1/alerts")
class AlertsApi {

    private static final int NEWEST = 500;

    private final Alerts alerts;

    AlertsApi(Alerts alerts) {
        this.alerts = alerts;
    }

    @GetMapping
    Items<Alert> list(@RequestParam(defaultValue = "false") boolean all) {
        return Items.all(all ? alerts.recent(NEWEST) : alerts.open());
    }

    @PostMapping("/{id}/dismiss")
    Alert dismiss(@PathVariable long id, Principal caller) {
        return alerts.dismiss(id, caller.getName())
                .orElseThrow(() -> Problem.notFound("Alert", "There is no alert with the id " + id + "."));
    }
}
