package io.millrace.admin.alerts;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.catalog.Alert.Severity;
import io.millrace.catalog.Alerts;
import java.util.Locale;
import org.springframework.dao.DataAccessException;

/** {@code millrace_alerts_open} by severity; unknown, and so absent, while the platform database does not answer. */
final class AlertMetrics {

    private final Alerts alerts;

    AlertMetrics(Alerts alerts, MeterRegistry meters) {
        this.alerts = alerts;
        for (Severity severity : Severity.values()) {
            Gauge.builder("millrace_alerts_open", this, metrics -> metrics.open(severity))
                    .tag("severity", severity.name().toLowerCase(Locale.ROOT))
                    .description("Alerts that wait for a person")
                    .register(meters);
        }
    }

    private double open(Severity severity) {
        try {
            return alerts.open().stream()
                    .filter(alert -> alert.severity() == severity)
                    .count();
        } catch (DataAccessException e) {
            return Double.NaN;
        }
    }
}
