package io.millrace.sync.sink.webhook;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.catalog.Offsets;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.beans.factory.BeanRegistrar;
import org.springframework.beans.factory.BeanRegistry;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** One sink for each receiver that is configured; none by default. */
@Configuration(proxyBeanMethods = false)
@Import(WebhookSinkConfiguration.Sinks.class)
class WebhookSinkConfiguration {

    /** How many sinks there are is known only from the settings. */
    static final class Sinks implements BeanRegistrar {

        @Override
        public void register(BeanRegistry registry, Environment environment) {
            if (!environment.getProperty(WebhookSinkProperties.PREFIX + ".enabled", Boolean.class, true)) {
                return;
            }
            WebhookSinkProperties properties =
                    Binder.get(environment).bindOrCreate(WebhookSinkProperties.PREFIX, WebhookSinkProperties.class);
            properties.addresses();
            for (WebhookSinkProperties.Target target : properties.targets()) {
                registry.registerBean(
                        target.sink() + "Sink",
                        WebhookSink.class,
                        bean -> bean.supplier(context -> sink(
                                target,
                                properties,
                                context.bean(DataSource.class),
                                context.bean(Offsets.class),
                                context.bean(MeterRegistry.class))));
            }
        }
    }

    static WebhookSink sink(
            WebhookSinkProperties.Target target,
            WebhookSinkProperties properties,
            DataSource dataSource,
            Offsets offsets,
            MeterRegistry registry) {
        Duration lease =
                properties.connectTimeout().plus(properties.requestTimeout()).plusSeconds(5);
        return new WebhookSink(
                target,
                properties,
                new Marks(dataSource, target.sink(), UUID.randomUUID().toString(), lease),
                offsets,
                new TransactionTemplate(new JdbcTransactionManager(dataSource)),
                new JdbcTemplate(dataSource),
                new WebhookMetrics(registry, target.sink()));
    }
}
