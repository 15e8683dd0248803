package io.millrace.sync.sink.elasticsearch;

import io.millrace.sync.sink.SinkException;
import java.util.ArrayList;
import java.util.List;

/**
 * Empties an index of what is older than a version. Every document is deleted under that version, which the server then remembers:
 * a replay of older changes changes nothing.
 */
final class Truncation {

    private final ElasticsearchAccess elasticsearch;
    private final int maxBulk;

    Truncation(ElasticsearchAccess elasticsearch, int maxBulk) {
        this.elasticsearch = elasticsearch;
        this.maxBulk = maxBulk;
    }

    /** Returns the results of the deletes that were not applied. */
    List<ItemResult> run(String index, long version) throws SinkException {
        List<ItemResult> failed = new ArrayList<>(0);
        try {
            new OlderDocuments(elasticsearch).find(index, version, ids -> {
                Bulk bulk = new Bulk(elasticsearch, maxBulk);
                for (String id : ids) {
                    bulk.delete(index, id, version);
                }
                bulk.results().stream().filter(result -> !result.isApplied()).forEach(failed::add);
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SinkException.retryable("Interrupted while emptying " + index, e);
        }
        return failed;
    }
}
