package io.millrace.sync.rebuild;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Shapings;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.SnapshotRuns;
import io.millrace.sync.deadletter.AwaitedRows;
import io.millrace.sync.deadletter.DeadLetters;
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
            Rereads rereads,
            SnapshotRuns snapshots,
            Shapings shapings,
            DeadLetters deadLetters,
            AwaitedRows awaited,
            KafkaProperties kafka,
            RebuildProperties properties) {
        Map<String, RebuildableSink> all =
                sinks.stream().collect(Collectors.toMap(RebuildableSink::name, Function.identity()));
        // delivery counts what shaping keeps from a sink; what is fed again is not counted twice
        MeterRegistry nowhere = new CompositeMeterRegistry();
        Map<String, SinkShaping> bySink = all.values().stream()
                .collect(Collectors.toMap(
                        RebuildableSink::name,
                        sink -> SinkShaping.of(sink.name(), sink.kind(), catalog, shapings, nowhere)));
        CopyFeed topic = new CopyFeed(
                kafka.buildConsumerProperties(), properties, catalog, deadLetters, awaited, rebuilds, rereads, bySink);
        FeedWithSnapshot withSnapshot = new FeedWithSnapshot(catalog, offsets, rebuilds, snapshots, topic);
        Feeding feeding = new Feeding(catalog, rebuilds, snapshots, topic, withSnapshot);
        return new Rebuilder(all, catalog, rebuilds, feeding, withSnapshot, properties);
    }
}
