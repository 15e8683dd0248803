package io.millrace.sync.delivery;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Shapings;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.sync.deadletter.AwaitedRows;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.deduplication.Deduplication;
import io.millrace.sync.deduplication.Guard;
import io.millrace.sync.shaping.SinkShaping;
import io.millrace.sync.sink.EffectSink;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkKind;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
            Shapings shapings,
            Rereads rereads,
            AwaitedRows awaited,
            KafkaProperties kafka,
            DeliveryProperties properties,
            Deduplication deduplication,
            MeterRegistry registry) {
        Map<String, Object> settings = kafka.buildConsumerProperties();
        CurrentTopics topics = new CurrentTopics(kafka.buildAdminProperties());
        return new Deliveries(
                catalog,
                offsets,
                deadLetters,
                sinks.stream()
                        .map(sink -> lane(
                                sink,
                                catalog,
                                offsets,
                                deadLetters,
                                shapings,
                                rereads,
                                awaited,
                                settings,
                                properties,
                                deduplication,
                                topics,
                                registry))
                        .toList(),
                topics,
                properties);
    }

    private static Lane lane(
            Sink sink,
            PipelineCatalog catalog,
            Offsets offsets,
            DeadLetters deadLetters,
            Shapings shapings,
            Rereads rereads,
            AwaitedRows awaited,
            Map<String, Object> kafka,
            DeliveryProperties properties,
            Deduplication deduplication,
            CurrentTopics topics,
            MeterRegistry registry) {
        String name = sink.name();
        Backoff backoff = new Backoff(properties.backoffMin(), properties.backoffMax());
        DeliveryMetrics metrics = new DeliveryMetrics(registry, name);
        SinkHealth health = new SinkHealth(System::nanoTime, topics::silence);
        Faults.Stop stop = (table, message) -> catalog.bindingFailed(table, name, message);
        Faults faults = new Faults(name, stop, deadLetters, metrics, properties.maxDeadLetters());
        IncompleteRows incomplete = new IncompleteRows(name, rereads, awaited);
        Guard guard = sink instanceof EffectSink effects ? deduplication.guard(effects) : null;
        RecordReader reader = new RecordReader(
                catalog,
                metrics,
                new Repetitions(name, offsets),
                SinkShaping.of(name, sink.kind(), catalog, shapings, registry));
        Sink guarded = guard == null ? sink : new GuardedSink((EffectSink) sink, guard);
        Redelivery redelivery = new Redelivery(guarded, reader, deadLetters, faults, incomplete, metrics, backoff);
        Places places = new Places(name, sink.kind(), stop, backoff, redelivery, deadLetters, metrics, health, topics);
        BatchWriter writer =
                switch (sink.kind()) {
                    case LOG -> new LogWriter(sink, faults);
                    case STATE -> new StateWriter(sink, faults, incomplete);
                    case EFFECT ->
                        new EffectWriter(
                                (EffectSink) sink,
                                Objects.requireNonNull(guard),
                                faults,
                                deduplication::since,
                                places::isOpen,
                                new LoneRefusals(properties.rowPatience()));
                };
        SinkDelivery delivery = new SinkDelivery(name, sink.kind(), writer, reader, places, metrics, health, backoff);
        SinkContainer container = new SinkContainer(
                name,
                sink.kind(),
                kafka,
                properties,
                delivery,
                places,
                () -> new DeliveryOffsets(name, offsets),
                health,
                // its receivers may take their time, and it has few changes in hand
                sink.kind() == SinkKind.EFFECT ? new Headroom(Long.MAX_VALUE) : Headroom.ofHeap());
        return new Lane(guarded, container, health, metrics);
    }

    @Bean
    CompositeHealthContributor sinksHealthContributor(Deliveries deliveries) {
        return CompositeHealthContributor.fromMap(deliveries.health());
    }
}
