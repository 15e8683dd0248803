package io.millrace.sync.sink.elasticsearch;

import io.millrace.sync.sink.SinkException;
import java.util.List;
import java.util.Map;

/** Finds the documents whose version is older than another: Elasticsearch cannot search for that, so it looks at all. */
final class OlderDocuments {

    private static final int PAGE = 5000;

    private final ElasticsearchAccess elasticsearch;

    OlderDocuments(ElasticsearchAccess elasticsearch) {
        this.elasticsearch = elasticsearch;
    }

    /** Takes ids, some at a time. */
    @FunctionalInterface
    interface Ids {
        void take(List<String> ids) throws SinkException, InterruptedException;
    }

    void find(String index, long version, Ids ids) throws SinkException, InterruptedException {
        Scroll.Reader<InterruptedException> reader = page -> {
            List<String> older = page.entrySet().stream()
                    .filter(document -> document.getValue() < version)
                    .map(Map.Entry::getKey)
                    .toList();
            if (!older.isEmpty()) {
                ids.take(older);
            }
        };
        new Scroll(elasticsearch, PAGE).all(index, reader);
    }
}
