package io.millrace.sync.sink;

import io.millrace.catalog.PipelineCatalog;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class SinkPublicationConfiguration {

    @Bean
    SinkPublication syncSinkPublication(PipelineCatalog catalog, List<Sink> sinks, Memories memories) {
        return new SinkPublication(catalog, sinks, memories);
    }
}
