package io.millrace.sync.sink.webhook;

import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.beans.factory.BeanRegistrar;
import org.springframework.beans.factory.BeanRegistry;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

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
                        bean -> bean.supplier(context -> sink(target, properties, context.bean(MeterRegistry.class))));
            }
        }
    }

    static WebhookSink sink(
            WebhookSinkProperties.Target target, WebhookSinkProperties properties, MeterRegistry registry) {
        return new WebhookSink(target, properties, new WebhookMetrics(registry, target.sink()));
    }
}
