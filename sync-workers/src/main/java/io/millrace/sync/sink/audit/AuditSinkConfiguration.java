package io.millrace.sync.sink.audit;

import io.millrace.catalog.Offsets;
import javax.sql.DataSource;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class AuditSinkConfiguration {

    @Bean
    @ConditionalOnProperty(name = "millrace.sinks.audit.enabled", matchIfMissing = true)
    AuditSink auditSink(DataSource dataSource, Offsets offsets) {
        return new AuditSink(dataSource, offsets);
    }
}
