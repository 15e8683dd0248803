package io.millrace.admin.alerts;

import io.millrace.catalog.Alert;
import io.millrace.catalog.Alert.Severity;
import io.millrace.catalog.Alerts;
import java.util.List;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.dao.DataAccessException;

/** Down while an alert is open that a sink stands still for; warnings are told and leave it up. */
final class AlertsHealth implements HealthIndicator {

    private final Alerts alerts;

    AlertsHealth(Alerts alerts) {
        this.alerts = alerts;
    }

    @Override
    public Health health() {
        List<Alert> open;
        try {
            open = alerts.open();
        } catch (DataAccessException e) {
            return Health.unknown()
                    .withDetail("cause", "The platform database does not answer: " + e.getMessage())
                    .build();
        }
        boolean critical = open.stream().anyMatch(alert -> alert.severity() == Severity.CRITICAL);
        Health.Builder health = critical ? Health.down() : Health.up();
        open.forEach(alert ->
                health.withDetail(alert.name() + " " + alert.subject(), alert.message() + " " + alert.wayOut()));
        return health.build();
    }
}
