package io.millrace.catalog;

import io.millrace.catalog.rebuild.JdbcRebuilds;
import io.millrace.catalog.rebuild.JdbcStoreMarkers;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.catalog.rebuild.StoreMarkers;
import io.millrace.catalog.snapshot.JdbcRereads;
import io.millrace.catalog.snapshot.JdbcSnapshotRuns;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.SnapshotRuns;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Gives every app the catalog on the platform database, migrated. */
@AutoConfiguration(after = {DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class})
@EnableConfigurationProperties(CatalogProperties.class)
class CatalogAutoConfiguration {

    /** Migrates before anything reads. */
    @Bean
    Flyway platformMigrations(
            DataSource dataSource, DataSourceProperties dataSourceProperties, CatalogProperties properties) {
        PlatformDatabase platform = new PlatformDatabase(
                dataSource,
                String.valueOf(dataSourceProperties.determineUrl()),
                String.valueOf(dataSourceProperties.determineUsername()));
        Flyway migrated = platform.migrate();
        platform.requireReadable(new SecretCipher(properties.required()));
        return migrated;
    }

    @Bean
    PipelineCatalog pipelineCatalog(
            JdbcTemplate template,
            PlatformTransactionManager transactions,
            CatalogProperties properties,
            Flyway migrated) {
        return new JdbcPipelineCatalog(
                template, new TransactionTemplate(transactions), new SecretCipher(properties.required()));
    }

    @Bean
    Shapings shapings(
            JdbcTemplate template,
            PlatformTransactionManager transactions,
            CatalogProperties properties,
            Flyway migrated) {
        return new JdbcShapings(
                template, new TransactionTemplate(transactions), new SecretCipher(properties.required()));
    }

    @Bean
    Offsets offsets(JdbcTemplate template, Flyway migrated) {
        return new JdbcOffsets(template);
    }

    @Bean
    FormerLetters formerLetters(JdbcTemplate template, Flyway migrated) {
        return new FormerLetters(template);
    }

    @Bean
    Rebuilds rebuilds(JdbcTemplate template, DataSource dataSource, Flyway migrated) {
        return new JdbcRebuilds(template, dataSource);
    }

    @Bean
    StoreMarkers storeMarkers(JdbcTemplate template, Flyway migrated) {
        return new JdbcStoreMarkers(template);
    }

    @Bean
    SnapshotRuns snapshotRuns(JdbcTemplate template, PlatformTransactionManager transactions, Flyway migrated) {
        return new JdbcSnapshotRuns(template, new TransactionTemplate(transactions));
    }

    @Bean
    Rereads rereads(JdbcTemplate template, Flyway migrated) {
        return new JdbcRereads(template);
    }

    @Bean
    Alerts alerts(PipelineCatalog catalog) {
        return catalog.alerts();
    }

    @Bean
    SourceGaps sourceGaps(
            JdbcTemplate template, PlatformTransactionManager transactions, Offsets offsets, PipelineCatalog catalog) {
        return new JdbcSourceGaps(template, new TransactionTemplate(transactions), offsets, catalog);
    }
}
