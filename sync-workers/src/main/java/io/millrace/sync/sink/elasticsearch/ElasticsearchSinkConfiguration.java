package io.millrace.sync.sink.elasticsearch;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ElasticsearchSinkProperties.class)
class ElasticsearchSinkConfiguration {

    @Bean
    @ConditionalOnProperty(name = "millrace.sinks.elasticsearch.enabled", matchIfMissing = true)
    ElasticsearchSink elasticsearchSink(ElasticsearchSinkProperties properties) {
        return new ElasticsearchSink(new ElasticsearchAccess(properties), properties);
    }
}
