package io.millrace.sync.rebuild;

import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.sync.sink.RebuildableSink;
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
            KafkaProperties kafka,
            RebuildProperties properties) {
        return new Rebuilder(
                sinks.stream().collect(Collectors.toMap(RebuildableSink::name, Function.identity())),
                catalog,
                offsets,
                rebuilds,
                new CopyFeed(kafka.buildConsumerProperties(), properties, catalog, rebuilds),
                properties);
    }
}
