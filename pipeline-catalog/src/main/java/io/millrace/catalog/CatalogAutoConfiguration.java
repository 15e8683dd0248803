package io.millrace.catalog;

import io.millrace.catalog.snapshot.JdbcRereads;
import io.millrace.catalog.snapshot.JdbcSnapshotRuns;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.SnapshotRuns;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Gives every app the catalog on the platform database, migrated. */
@AutoConfiguration(after = {DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class})
@EnableConfigurationProperties(CatalogProperties.class)
class CatalogAutoConfiguration {

    /**
     * Migrates before anything reads. Flyway takes PostgreSQL's advisory lock, so apps that start together wait for the first.
     */
    @Bean
    Flyway platformMigrations(DataSource dataSource) {
        Flyway flyway = Flyway.configure()
                .dataSource(dataSource)
                .schemas("millrace")
                .locations("classpath:db/migration/millrace")
                .load();
        flyway.migrate();
        return flyway;
    }

    @Bean
    PipelineCatalog pipelineCatalog(
            JdbcTemplate template,
            PlatformTransactionManager transactions,
            CatalogProperties properties,
            Flyway migrated) {
        return new JdbcPipelineCatalog(
                template, new TransactionTemplate(transactions), new SecretCipher(properties.secret()));
    }

    @Bean
    Offsets offsets(JdbcTemplate template, Flyway migrated) {
        return new JdbcOffsets(template);
    }

    @Bean
    SnapshotRuns snapshotRuns(JdbcTemplate template, PlatformTransactionManager transactions, Flyway migrated) {
        return new JdbcSnapshotRuns(template, new TransactionTemplate(transactions));
    }

    @Bean
    Rereads rereads(JdbcTemplate template, Flyway migrated) {
        return new JdbcRereads(template);
    }
}
