package io.millrace.sync.sink.elasticsearch;

import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Body;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Refused;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Keeps the index of {@link Tombstones} from growing for ever. */
final class TombstonePruning {

    private static final Logger log = LoggerFactory.getLogger(TombstonePruning.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration EVERY = Duration.ofHours(1);
    private static final int PAGE = 2000;

    private final ElasticsearchAccess elasticsearch;
    private final Duration retention;
    private final int maxBulk;
    private volatile Instant pruned = Instant.EPOCH;

    TombstonePruning(ElasticsearchAccess elasticsearch, Duration retention, int maxBulk) {
        this.elasticsearch = elasticsearch;
        this.retention = retention;
        this.maxBulk = maxBulk;
    }

    /** Forgets what is older than the time that they are kept; once an hour, not in the way of writing. */
    void prune() throws SinkException {
        if (pruned.isAfter(Instant.now().minus(EVERY))) {
            return;
        }
        long before = Instant.now().minus(retention).toEpochMilli();
        while (pruned(before)) {
            // the next of them
        }
        pruned = Instant.now();
    }

    /** Removes some; false if there are no more, or they are not to be had now: that is tried again in an hour. */
    private boolean pruned(long before) throws SinkException {
        String query = "{\"size\":" + PAGE
                + ",\"_source\":false,\"seq_no_primary_term\":true,\"query\":{\"range\":{\"at\":{\"lt\":" + before
                + "}}}}";
        Bulk bulk = new Bulk(elasticsearch, maxBulk, "&refresh=true");
        int found = 0;
        try {
            JsonNode hits = elasticsearch.exchange(
                    "POST",
                    "/" + Tombstones.ALIAS
                            + "/_search?filter_path=hits.hits._id,hits.hits._seq_no,hits.hits._primary_term",
                    Body.json(query),
                    (tokens, answer) -> JSON.readTree(answer).path("hits").path("hits"));
            for (JsonNode hit : hits) {
                bulk.remove(
                        Tombstones.ALIAS,
                        hit.path("_id").asString(),
                        hit.path("_seq_no").asLong(),
                        hit.path("_primary_term").asLong());
                found++;
            }
        } catch (Refused e) {
            if (e.status() != 404) {
                throw elasticsearch.fault(e);
            }
        }
        for (ItemResult result : bulk.results()) {
            if (!result.isApplied()) {
                log.info("Old tombstones are left for now: {}: {}", result.type(), result.reason());
                return false;
            }
        }
        return found == PAGE;
    }
}
