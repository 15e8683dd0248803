package io.millrace.sync.delivery;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkKind;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DeliveryProperties.class)
class DeliveryConfiguration {

    @Bean
    Deliveries deliveries(
            List<Sink> sinks,
            PipelineCatalog catalog,
            Offsets offsets,
            DeadLetters deadLetters,
            Rereads rereads,
            KafkaProperties kafka,
            DeliveryProperties properties,
            MeterRegistry registry) {
        Map<String, Object> settings = kafka.buildConsumerProperties();
        return new Deliveries(
                catalog,
                sinks.stream()
                        .map(sink -> lane(sink, catalog, offsets, deadLetters, rereads, settings, properties, registry))
                        .toList(),
                properties);
    }

    private static Deliveries.Lane lane(
            Sink sink,
            PipelineCatalog catalog,
            Offsets offsets,
            DeadLetters deadLetters,
            Rereads rereads,
            Map<String, Object> kafka,
            DeliveryProperties properties,
            MeterRegistry registry) {
        String name = sink.name();
        Backoff backoff = new Backoff(properties.backoffMin(), properties.backoffMax());
        DeliveryMetrics metrics = new DeliveryMetrics(registry, name);
        SinkHealth health = new SinkHealth();
        Faults faults = new Faults(name, catalog, deadLetters, rereads, metrics);
        BatchWriter writer = sink.kind() == SinkKind.LOG ? new LogWriter(sink, faults) : new StateWriter(sink, faults);
        Places places = new Places(name, catalog, backoff);
        SinkDelivery delivery = new SinkDelivery(
                name, sink.kind(), writer, new RecordReader(catalog, metrics), places, metrics, health, backoff);
        SinkContainer container = new SinkContainer(
                name, kafka, properties, delivery, places, () -> new DeliveryOffsets(name, offsets), health);
        return new Deliveries.Lane(sink, container, health);
    }

    @Bean
    CompositeHealthContributor sinksHealthContributor(Deliveries deliveries) {
        return CompositeHealthContributor.fromMap(deliveries.health());
    }
}
