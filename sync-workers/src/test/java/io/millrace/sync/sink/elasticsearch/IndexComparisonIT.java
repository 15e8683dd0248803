package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.rebuild.Comparison;
import io.millrace.event.Row;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.SinkException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalStackExtension.class)
class IndexComparisonIT {

    private final String live = TestTables.uniqueName("live");
    private final String copy = TestTables.uniqueName("copy");
    private final LocalStack stack;
    private ElasticsearchAccess elasticsearch;

    IndexComparisonIT(LocalStack stack) {
        this.stack = stack;
    }

    @BeforeEach
    void connect() {
        elasticsearch = new ElasticsearchAccess(new IndexLab(stack).properties());
    }

    @AfterEach
    void disconnect() throws Exception {
        elasticsearch.close();
    }

    private void write(String index, int id, long version) {
        write(index, id, version, "");
    }

    private void write(String index, int id, long version, String text) {
        try {
            Bulk bulk = new Bulk(elasticsearch, 1_000_000, "");
            bulk.index(
                    index,
                    Integer.toString(id),
                    version,
                    Row.of("{\"id\":" + id + ",\"n\":" + version + ",\"text\":\"" + text + "\"}"));
            assertThat(bulk.results()).allMatch(ItemResult::isApplied);
        } catch (SinkException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatIsOnItsWayToTheCopyIsNoDifferenceAndWhatStaysAwayIs() throws Exception {
        for (int id = 1; id <= 5; id++) {
            write(live, id, 7);
        }
        write(copy, 1, 7);
        write(copy, 3, 6);
        write(copy, 5, 6);
        Comparison comparison = new IndexComparison(elasticsearch, live, copy, missing -> Set.of(), text -> {
                    if (text.startsWith("Looking again at 4")) {
                        write(copy, 2, 7);
                        write(copy, 3, 7);
                    }
                })
                .run();
        assertThat(comparison.same()).isEqualTo(3);
        assertThat(comparison.missing()).isEqualTo(1);
        assertThat(comparison.older()).isEqualTo(1);
        assertThat(comparison.examples()).containsExactlyInAnyOrder("4", "5");
    }

    /** Together they are more than the client takes as one answer, and than this heap could hold twice; small ones go before. */
    @Test
    void documentsOfMegabytesAreComparedSomeAtATime() throws Exception {
        String large = "x".repeat(3_000_000);
        notIndexed(live);
        notIndexed(copy);
        for (int id = 1; id <= 100; id++) {
            write(live, id, 7);
            write(copy, id, 7);
        }
        for (int id = 101; id <= 160; id++) {
            write(live, id, 7, large);
            if (id != 130) {
                write(copy, id, 7, id == 120 ? large.replaceFirst("x", "y") : large);
            }
        }
        Comparison comparison = new IndexComparison(elasticsearch, live, copy, missing -> Set.of(), text -> {}).run();
        assertThat(comparison).isEqualTo(new Comparison(160, 159, 158, 1, 0, 1, 0, List.of("130")));
    }

    private void notIndexed(String index) throws Exception {
        elasticsearch.call(
                "PUT",
                "/" + index,
                ElasticsearchAccess.Body.json(
                        "{\"settings\":{\"index.number_of_replicas\":0},\"mappings\":{\"properties\":"
                                + "{\"text\":{\"type\":\"keyword\",\"index\":false,\"doc_values\":false}}}}"),
                (tokens, answer) -> true);
    }

    @Test
    void copyThatLacksEverythingIsToldWithoutKeepingAllIds() throws Exception {
        Bulk bulk = new Bulk(elasticsearch, 1_000_000, "");
        for (int id = 1; id <= 21_000; id++) {
            bulk.index(live, "a-long-id-" + id, 7, Row.of("{\"id\":" + id + "}"));
        }
        assertThat(bulk.results()).allMatch(ItemResult::isApplied);
        notIndexed(copy);
        List<String> told = new java.util.ArrayList<>();
        Comparison comparison = new IndexComparison(elasticsearch, live, copy, missing -> Set.of(), told::add).run();
        assertThat(comparison.missing()).isEqualTo(21_000);
        assertThat(comparison.examples()).hasSize(10);
        assertThat(told)
                .contains(
                        "Looking again at 20,000 documents that differ",
                        "Looking again at 1,000 documents that differ");
    }
}
