package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.rebuild.Comparison;
import io.millrace.event.Row;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.SinkException;
import java.time.Duration;
import java.util.List;
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
        elasticsearch = new ElasticsearchAccess(
                ElasticsearchSinkIT.properties(List.of(stack.elasticsearchUri()), null, Duration.ofHours(1), null));
    }

    @AfterEach
    void disconnect() throws Exception {
        elasticsearch.close();
    }

    private void write(String index, int id, long version) {
        try {
            Bulk bulk = new Bulk(elasticsearch, 1_000_000, "");
            bulk.index(index, Integer.toString(id), version, Row.of("{\"id\":" + id + ",\"n\":" + version + "}"));
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
        Comparison comparison = new IndexComparison(elasticsearch, live, copy).run(text -> {
            if (text.startsWith("Looking again at 4")) {
                write(copy, 2, 7);
                write(copy, 3, 7);
            }
        });
        assertThat(comparison.same()).isEqualTo(3);
        assertThat(comparison.missing()).isEqualTo(1);
        assertThat(comparison.older()).isEqualTo(1);
        assertThat(comparison.examples()).containsExactlyInAnyOrder("4", "5");
    }
}
