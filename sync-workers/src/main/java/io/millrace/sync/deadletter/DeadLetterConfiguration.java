package io.millrace.sync.deadletter;

import io.millrace.catalog.FormerLetters;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DeadLetterProperties.class)
class DeadLetterConfiguration {

    @Bean
    DeadLetterTopics deadLetterTopics(KafkaProperties kafka, DeadLetterProperties properties) {
        // the admin's settings are the common ones: servers and security
        return new DeadLetterTopics(kafka.buildAdminProperties(), properties.replicationFactor());
    }

    @Bean
    LetterRecords letterRecords(KafkaProperties kafka) {
        return new LetterRecords(kafka.buildAdminProperties());
    }

    @Bean
    DeadLetters deadLetters(JdbcTemplate jdbc, FormerLetters former, DeadLetterTopics topics, LetterRecords records) {
        return new DeadLetterStore(new LetterIntake(jdbc, former), new LetterTable(jdbc), topics, records);
    }

    @Bean
    AwaitedRows awaitedRows(JdbcTemplate jdbc) {
        return new AwaitedRowTable(jdbc);
    }
}
