package io.millrace.admin.overview;

import io.millrace.admin.lag.LagSample;
import io.millrace.admin.lag.LagSampler;
import io.millrace.admin.lag.Rates;
import io.millrace.admin.sinks.Sinks;
import io.millrace.admin.tables.TableRows;
import io.millrace.admin.web.Page;
import io.millrace.catalog.Alerts;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** The first page. Its moving part is asked for again every two seconds; without JavaScript, or paused, a reload does the same. */
@Page
class OverviewPages {

    private final LagSampler lag;
    private final Rates rates;
    private final Sinks sinks;
    private final TableRows rows;
    private final Alerts alerts;

    OverviewPages(LagSampler lag, Rates rates, Sinks sinks, TableRows rows, Alerts alerts) {
        this.lag = lag;
        this.rates = rates;
        this.sinks = sinks;
        this.rows = rows;
        this.alerts = alerts;
    }

    @GetMapping("/")
    String overview(@RequestParam(defaultValue = "on") String updates, Model model) {
        fill(model);
        model.addAttribute("updates", !updates.equals("off"));
        return "overview";
    }

    @GetMapping("/overview/live")
    String live(Model model) {
        fill(model);
        return "overview :: live";
    }

    private void fill(Model model) {
        LagSample sample = lag.latest();
        model.addAttribute("sample", sample);
        model.addAttribute("sync", SyncState.of(sample));
        model.addAttribute("alerts", alerts.open());
        model.addAttribute("rates", rates);
        model.addAttribute(
                "sinks",
                sinks.all().stream()
                        .map(sink -> SinkCard.of(sink, sample, rates))
                        .toList());
        model.addAttribute("rows", rows.all(sample));
        model.addAttribute(
                "total",
                sample.tables().stream()
                        .mapToDouble(table -> rates.table(table.id()))
                        .sum());
    }
}
