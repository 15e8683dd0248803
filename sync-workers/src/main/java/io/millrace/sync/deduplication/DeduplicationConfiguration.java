package io.millrace.sync.deduplication;

import io.millrace.catalog.PipelineCatalog;
import io.millrace.sync.sink.Memories;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkKind;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DeduplicationProperties.class)
class DeduplicationConfiguration {

    @Bean
    Deduplication deduplication(DataSource dataSource, DeduplicationProperties properties, Flyway migrated) {
        return new Deduplication(dataSource, properties.retention());
    }

    @Bean
    Memories syncSinkMemories(Deduplication deduplication, JdbcTemplate jdbc, Flyway migrated) {
        StateMemories states = new StateMemories(jdbc);
        return sink -> sink.kind() == SinkKind.EFFECT ? deduplication.memory() : states.of(sink);
    }

    @Bean
    DeduplicationCare deduplicationCare(
            List<Sink> sinks,
            PipelineCatalog catalog,
            JdbcTemplate jdbc,
            KafkaProperties kafka,
            DeduplicationProperties properties,
            Memories memories,
            Flyway migrated) {
        return new DeduplicationCare(
                new DeduplicationDays(jdbc, properties.retention()),
                new RetentionCheck(jdbc, kafka.buildAdminProperties()),
                memories,
                sinks,
                catalog);
    }
}
