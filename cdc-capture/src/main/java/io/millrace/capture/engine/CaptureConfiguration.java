package io.millrace.capture.engine;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.capture.publish.TopicAdmin;
import io.millrace.capture.snapshot.SnapshotContext;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SourceGaps;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.SnapshotRuns;
import javax.sql.DataSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CaptureProperties.class)
class CaptureConfiguration {

    @Bean
    CaptureStatus captureStatus(MeterRegistry meters, CaptureProperties properties) {
        return new CaptureStatus(
                meters, new SlotWatch(meters, properties.retainedWalWarning().toBytes()));
    }

    @Bean
    CaptureSupervisor captureSupervisor(
            DataSource platform,
            PipelineCatalog catalog,
            Offsets offsets,
            SourceGaps gaps,
            KafkaProperties kafka,
            CaptureProperties properties,
            CaptureStatus status,
            SnapshotRuns runs,
            Rereads rereads,
            MeterRegistry meters) {
        TopicAdmin topics = new TopicAdmin(
                kafka.buildAdminProperties(),
                kafka.buildConsumerProperties(),
                properties.topicPartitions(),
                properties.topicReplicationFactor());
        SnapshotContext snapshots =
                new SnapshotContext(catalog, runs, rereads, offsets, topics, meters, properties.snapshotChunkRows());
        return new CaptureSupervisor(new CaptureContext(
                platform,
                catalog,
                offsets,
                gaps,
                topics,
                kafka.buildProducerProperties(),
                properties,
                status,
                snapshots));
    }

    @Bean
    HealthIndicator captureHealthIndicator(CaptureStatus status) {
        return new CaptureHealth(status);
    }
}
