package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sync.sink.ErrorCategory;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

class ItemResultTests {

    private static List<ItemResult> read(String... items) {
        String answer = "{\"errors\":true,\"items\":[" + String.join(",", items) + "]}";
        try (JsonParser tokens = JsonFactory.builder().build().createParser(ObjectReadContext.empty(), answer)) {
            return ItemResult.readAll(tokens);
        }
    }

    @Test
    void itemsThatAnOverloadedNodeTurnsAwayAreWaitedForAndTheOthersTaken() {
        List<ItemResult> results = read(
                "{\"index\":{\"status\":201}}",
                "{\"index\":{\"status\":429,\"error\":{\"type\":\"es_rejected_execution_exception\",\"reason\":\"rejected"
                        + " execution of primary operation\"}}}",
                "{\"delete\":{\"error\":{\"reason\":\"blocked\",\"type\":\"cluster_block_exception\"},\"status\":429}}",
                "{\"index\":{\"status\":503,\"error\":{\"type\":\"unavailable_shards_exception\",\"reason\":\"r\"}}}",
                "{\"delete\":{\"status\":404}}",
                "{\"index\":{\"status\":409,\"error\":{\"type\":\"version_conflict_engine_exception\",\"reason\":\"r\"}}}",
                "{\"index\":{\"status\":400,\"error\":{\"type\":\"document_parsing_exception\",\"reason\":\"failed to parse"
                        + " [id]. Preview of field's value: 'secret'\"}}}");
        assertThat(results)
                .containsExactly(
                        new ItemResult(201, null, ""),
                        new ItemResult(
                                429, "es_rejected_execution_exception", "rejected execution of primary operation"),
                        new ItemResult(429, "cluster_block_exception", "blocked"),
                        new ItemResult(503, "unavailable_shards_exception", "r"),
                        new ItemResult(404, null, ""),
                        new ItemResult(409, "version_conflict_engine_exception", "r"),
                        new ItemResult(400, "document_parsing_exception", "failed to parse [id]. "));
        assertThat(results)
                .extracting(ItemResult::isApplied)
                .containsExactly(true, false, false, false, true, true, false);
        assertThat(results.stream().filter(result -> !result.isApplied()).map(ItemResult::category))
                .containsExactly(
                        ErrorCategory.RETRYABLE,
                        ErrorCategory.RETRYABLE,
                        ErrorCategory.RETRYABLE,
                        ErrorCategory.REJECTED);
    }

    @Test
    void indexThatIsClosedForAMomentIsWaitedFor() {
        assertThat(
                        read(
                                "{\"index\":{\"status\":400,\"error\":{\"type\":\"index_closed_exception\",\"reason\":\"closed\"}}}"))
                .extracting(ItemResult::category)
                .containsExactly(ErrorCategory.RETRYABLE);
    }
}
