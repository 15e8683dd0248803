package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.Service;
import io.millrace.sync.sink.Change;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** What was deleted stays away, whatever comes again and whatever the server forgot. */
class DeletedRowsIT extends ElasticsearchScenario {

    DeletedRowsIT(LocalStack stack) {
        super(stack);
    }

    @Test
    void lateReplayDoesNotBringADeletedRowBackThoughTheServerHasForgottenIt() throws Exception {
        try (ElasticsearchSink forgetful = lab.sink(Duration.ofMillis(100))) {
            ChangeEvent created = events.create(key(1), item(1, "once"));
            ChangeEvent truncated = events.create(key(2), item(2, "once"));
            ChangeEvent truncate = events.truncate();
            ChangeEvent alive = events.create(key(3), item(3, "alive"));
            forgetful.write(batch(created, truncated, alive));
            forgetful.write(batch(truncate));
            forgetful.write(batch(events.delete(key(1))));
            awaitForgotten();

            assertThat(forgetful.write(batch(created, truncated, alive))).isEmpty();
            assertThat(held(1)).as("deleted").isNull();
            assertThat(held(2)).as("truncated").isNull();
            assertThat(held(3)).isEqualTo(JSON.readTree(item(3, "alive")));
        }
    }

    @Test
    void indexThatRemembersForShorterThanIsConfiguredByNowIsNotReliedOnForLonger() throws Exception {
        ChangeEvent created = events.create(key(1), item(1, "once"));
        ChangeEvent alive = events.create(key(2), item(2, "alive"));
        try (ElasticsearchSink before = lab.sink(Duration.ofMillis(100))) {
            before.write(batch(created, alive));
            before.write(batch(events.delete(key(1))));
        }
        awaitForgotten();
        // this one is configured with an hour, and adopts what stands
        assertThat(write(created, alive)).isEmpty();
        assertThat(held(1)).as("deleted").isNull();
        assertThat(held(2)).isEqualTo(JSON.readTree(item(2, "alive")));
    }

    @Test
    void indexThatWasMadeByHandRemembersForAsLongAsItSays() throws Exception {
        String index = "/" + alias() + "-000001";
        assertThat(lab.send("PUT", index, "{\"aliases\":{\"" + alias() + "\":{}}}"))
                .isEqualTo(200);
        assertThat(write(events.create(key(1), item(1, "once")))).isEmpty();
        assertThat(gcDeletes()).isEqualTo(Duration.ofSeconds(60));
        for (String other : List.of("24h", "-1")) {
            assertThat(lab.send("PUT", index + "/_settings", "{\"index.gc_deletes\":\"" + other + "\"}"))
                    .isEqualTo(200);
            assertThat(gcDeletes()).isEqualTo(other.equals("-1") ? Duration.ZERO : Duration.ofHours(1));
        }
    }

    /** Returns what a worker that is configured with an hour counts on. */
    private Duration gcDeletes() throws Exception {
        try (ElasticsearchAccess elasticsearch = new ElasticsearchAccess(lab.properties())) {
            return new DeleteMemory(elasticsearch, Duration.ofHours(1))
                    .of(List.of(table))
                    .get(alias())
                    .gcDeletes();
        }
    }

    @Test
    void workerThatStoodStillBetweenTheLookAndItsBulkLooksAgain() throws Exception {
        ChangeEvent created = events.create(key(1), item(1, "once"));
        try (ElasticsearchSink other = lab.sink(Duration.ofMillis(100))) {
            other.write(batch(created));
            other.write(batch(events.delete(key(1))));
        }
        awaitForgotten();
        try (ElasticsearchAccess elasticsearch = new ElasticsearchAccess(lab.properties())) {
            int bytes = (int) lab.properties().maxBulk().toBytes();
            Tombstones tombstones = new Tombstones(elasticsearch, lab.properties(), bytes);
            RowWriter woken = new RowWriter(elasticsearch, tombstones, bytes);
            Target live = new Target(alias() + "~-W1", true);
            List<RowWrite> late = List.of(RowWrite.of(0, new Change(table, created), live));
            assertThat(woken.write(late, Instant.now().minusSeconds(60))).isEmpty();
            assertThat(held(1)).isNull();
            assertThat(woken.write(late, Instant.now())).isEmpty();
            assertThat(held(1)).as("the server would have taken it").isNotNull();
        }
    }

    /** Waits until the server itself takes an older version: what its own memory would have stopped before. */
    private void awaitForgotten() {
        String control = "/" + alias() + "/_doc/control?version_type=external&version=";
        assertThat(lab.send("PUT", control + 10, item(99, "control"))).isEqualTo(201);
        assertThat(lab.send("DELETE", control + 20, "")).isEqualTo(200);
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            lab.send("POST", "/" + alias() + "/_refresh", "");
            return lab.send("PUT", control + 5, item(99, "control")) == 201;
        });
    }

    @Test
    void replayDoesNotBringADeletedRowBackOnceAShardWasStartedAgain() throws Exception {
        deletedRowStaysAwayThough(() -> {
            String index = "/" + alias() + "-000001";
            assertThat(lab.send("POST", index + "/_close", "")).isEqualTo(200);
            assertThat(lab.send("POST", index + "/_open", "")).isEqualTo(200);
        });
    }

    @Test
    @EnabledIfSystemProperty(
            named = "millrace.campaign",
            matches = "true",
            disabledReason = "Elasticsearch takes half a minute to start again: ./millrace test --campaign")
    void replayDoesNotBringADeletedRowBackOnceElasticsearchWasStartedAgain() throws Exception {
        deletedRowStaysAwayThough(() -> {
            stack.stop(Service.ELASTICSEARCH);
            stack.start(Service.ELASTICSEARCH);
        });
    }

    @Test
    @Timeout(60)
    void oldTombstonesThatCannotBeRemovedAreLeftAndRemovedLater() throws Exception {
        write(events.create(key(1), item(1, "a")));
        write(events.delete(key(1)));
        String tombstones = "/millrace-deleted-rows";
        StringBuilder old = new StringBuilder();
        for (int i = 0; i < 2100; i++) {
            old.append("{\"index\":{\"_index\":\"millrace-deleted-rows\",\"_id\":\"old")
                    .append(i)
                    .append("\"}}\n{\"at\":1000}\n");
        }
        assertThat(lab.send("POST", "/_bulk?refresh=true", old.toString())).isEqualTo(200);
        String settings = tombstones + "/_settings";
        assertThat(lab.send("PUT", settings, "{\"index.blocks.write\":true}")).isEqualTo(200);
        try (ElasticsearchSink other = lab.sink()) {
            other.check();
            assertThat(old()).isEqualTo(2100);
        } finally {
            assertThat(lab.send("PUT", settings, "{\"index.blocks.write\":null}"))
                    .isEqualTo(200);
        }
        try (ElasticsearchSink other = lab.sink()) {
            other.check();
            assertThat(old()).isZero();
        }
        assertThat(lab.get(tombstones + "/_count").path("count").asInt())
                .as("young ones stay")
                .isPositive();
    }

    /** What has the server forget, within the time for which it would remember. */
    private interface Forgetting {
        void run() throws Exception;
    }

    private void deletedRowStaysAwayThough(Forgetting forgetting) throws Exception {
        ChangeEvent deleted = events.create(key(1), item(1, "once"));
        ChangeEvent truncated = events.create(key(2), item(2, "once"));
        assertThat(write(deleted, truncated)).isEmpty();
        assertThat(write(events.truncate())).isEmpty();
        ChangeEvent again = events.create(key(1), item(1, "again"));
        ChangeEvent alive = events.create(key(3), item(3, "alive"));
        assertThat(write(again, alive)).isEmpty();
        assertThat(write(events.delete(key(1)))).isEmpty();
        String control = "/" + alias() + "/_doc/control?version_type=external&version=";
        assertThat(lab.send("PUT", control + 10, item(99, "control"))).isEqualTo(201);
        assertThat(lab.send("DELETE", control + 20, "")).isEqualTo(200);
        assertThat(lab.send("PUT", control + 5, item(99, "control")))
                .as("until now the server remembers")
                .isEqualTo(409);

        forgetting.run();
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> lab.send("PUT", control + 5, item(99, "control")) == 201);
        // another worker takes over, and begins where the one before had stored its offset
        try (ElasticsearchSink other = lab.sink()) {
            for (ChangeEvent[] replayed :
                    List.of(new ChangeEvent[] {deleted, truncated}, new ChangeEvent[] {again, alive})) {
                assertThat(other.write(batch(replayed))).isEmpty();
                assertThat(held(1)).as("deleted").isNull();
                assertThat(held(2)).as("truncated").isNull();
            }
        }
        assertThat(held(3)).isEqualTo(JSON.readTree(item(3, "alive")));
    }

    private int old() {
        return lab.get("/millrace-deleted-rows/_count?q=at:%3C2000")
                .path("count")
                .asInt();
    }
}
