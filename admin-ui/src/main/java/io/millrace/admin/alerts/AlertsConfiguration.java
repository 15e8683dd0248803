package io.millrace.admin.alerts;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.catalog.Alerts;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class AlertsConfiguration {

    @Bean
    HealthIndicator alertsHealthIndicator(Alerts alerts) {
        return new AlertsHealth(alerts);
    }

    @Bean
    AlertMetrics alertMetrics(Alerts alerts, MeterRegistry meters) {
        return new AlertMetrics(alerts, meters);
    }
}
