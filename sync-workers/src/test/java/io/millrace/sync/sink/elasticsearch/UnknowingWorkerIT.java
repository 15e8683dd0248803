package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.localstack.LocalStack;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.RebuildableSink.Copy;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Workers that a rebuild of another one takes by surprise. */
class UnknowingWorkerIT extends ElasticsearchScenario {

    UnknowingWorkerIT(LocalStack stack) {
        super(stack);
    }

    @Test
    void truncateThatComesAloneToAWorkerWhichKnowsNothingOfARebuildEmptiesTheNewIndex() throws Exception {
        write(events.create(key(1), item(1, "before")));
        try (ElasticsearchSink other = lab.sink()) {
            Copy copy = new Copy(1, table, other.plan(table, "{}"));
            other.prepare(copy);
            other.feed(copy, List.of(new Change(table, events.create(key(1), item(1, "in the new one")))));
            other.exchange(copy);
            // both stand: the names that this worker has are gone all the same
            assertThat(write(events.truncate())).isEmpty();
            assertThat(held(1)).isNull();
            assertThat(lab.get("/" + alias() + "-000001/_doc/1").path("found").asBoolean())
                    .isFalse();

            other.write(batch(events.create(key(2), item(2, "behind it"))));
            other.discard(copy);
            assertThat(write(events.truncate())).isEmpty();
            assertThat(held(2)).isNull();
            assertThat(lab.get("/" + alias() + "*/_alias").propertyNames()).containsExactly(alias() + "-000002");
        }
    }

    @Test
    void workerThatKnowsNothingOfARebuildCannotWritePastIt() throws Exception {
        write(events.create(key(1), item(1, "before")));
        try (ElasticsearchSink other = lab.sink()) {
            Copy copy = new Copy(1, table, other.plan(table, "{}"));
            other.prepare(copy);
            // this one has its names from before
            assertThat(write(events.create(key(2), item(2, "while it is filled"))))
                    .isEmpty();
            assertThat(lab.get("/" + alias() + "-000002/_doc/2").path("found").asBoolean())
                    .isTrue();
            assertThat(lab.get("/" + alias() + "-000001/_doc/2").path("found").asBoolean())
                    .isTrue();
            other.exchange(copy);
            assertThat(write(events.update(key(2), null, item(2, "behind the exchange"))))
                    .isEmpty();
            assertThat(held(2).path("name").asString()).isEqualTo("behind the exchange");
            assertThat(lab.get("/" + alias() + "-000001/_doc/2")
                            .path("_source")
                            .path("name")
                            .asString())
                    .isEqualTo("behind the exchange");
            other.discard(copy);
            assertThat(write(events.delete(key(2)))).isEmpty();
            assertThat(held(2)).isNull();
            assertThat(lab.get("/" + alias() + "*/_alias").propertyNames())
                    .as("a delete makes no index")
                    .containsExactly(alias() + "-000002");
        }
    }
}
