package io.millrace.sync.search;

import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.SnapshotRuns;
import io.millrace.sync.sink.Sink;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class SearchConfiguration {

    @Bean
    SinkSearches sinkSearches(List<Sink> sinks, PipelineCatalog catalog, SnapshotRuns runs, Rereads rereads) {
        return new SinkSearches(sinks.stream()
                .map(sink -> new SinkSearch(sink, catalog, runs, rereads))
                .toList());
    }
}
