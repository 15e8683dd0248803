package io.millrace.sync.rebuild;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Shapings;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.sync.shaping.SinkShaping;
import io.millrace.sync.sink.RebuildableSink;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RebuildProperties.class)
class RebuildConfiguration {

    @Bean
    Rebuilder syncRebuilder(
            ObjectProvider<RebuildableSink> sinks,
            PipelineCatalog catalog,
            Offsets offsets,
            Rebuilds rebuilds,
            Shapings shapings,
            MeterRegistry registry,
            KafkaProperties kafka,
            RebuildProperties properties) {
        Map<String, RebuildableSink> all =
                sinks.stream().collect(Collectors.toMap(RebuildableSink::name, Function.identity()));
        Map<String, SinkShaping> bySink = all.values().stream()
                .collect(Collectors.toMap(
                        RebuildableSink::name,
                        sink -> SinkShaping.of(sink.name(), sink.kind(), catalog, shapings, registry)));
        return new Rebuilder(
                all,
                catalog,
                offsets,
                rebuilds,
                new CopyFeed(kafka.buildConsumerProperties(), properties, catalog, rebuilds, bySink),
                properties);
    }
}
