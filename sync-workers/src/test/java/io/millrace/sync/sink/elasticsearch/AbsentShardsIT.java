package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.util.unit.DataSize;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is not there for a while: of shards the server answers 200 all the same, with what it has; of the rest, that the request is at fault. */
@ExtendWith(LocalStackExtension.class)
class AbsentShardsIT {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int ROWS = 20;

    private final HttpClient http = HttpClient.newHttpClient();
    private final LocalStack stack;
    private final CapturedTable table = TestTables.items();
    private final TestEvents events = new TestEvents(table);
    private ElasticsearchAccess elasticsearch;
    private ElasticsearchSink sink;

    AbsentShardsIT(LocalStack stack) {
        this.stack = stack;
    }

    @BeforeEach
    void fill() throws Exception {
        ElasticsearchSinkProperties properties = properties(Duration.ofHours(1));
        elasticsearch = new ElasticsearchAccess(properties);
        sink = new ElasticsearchSink(new ElasticsearchAccess(properties), properties);
        assertThat(write(sink, IntStream.range(0, ROWS).mapToObj(this::created).toArray(ChangeEvent[]::new)))
                .isEmpty();
        assertThat(held()).hasSize(ROWS);
    }

    @AfterEach
    void disconnect() throws Exception {
        bringBack();
        sink.close();
        elasticsearch.close();
    }

    private ElasticsearchSinkProperties properties(Duration gcDeletes) {
        return properties(gcDeletes, Duration.ofSeconds(30));
    }

    private ElasticsearchSinkProperties properties(Duration gcDeletes, Duration requestTimeout) {
        return new ElasticsearchSinkProperties(
                List.of(stack.elasticsearchUri()),
                null,
                null,
                null,
                2,
                0,
                gcDeletes,
                Duration.ofDays(30),
                null,
                null,
                DataSize.ofMegabytes(8),
                Duration.ofSeconds(2),
                requestTimeout);
    }

    private ChangeEvent created(int id) {
        return events.create(
                "{\"id\":" + id + "}",
                "{\"id\":" + id + ",\"name\":\"a\",\"amount\":\"1.50\",\"note\":\"n\",\"data\":null}");
    }

    private List<Failure> write(ElasticsearchSink into, ChangeEvent... changes) throws SinkException {
        List<Change> batch = new ArrayList<>();
        for (ChangeEvent change : changes) {
            batch.add(new Change(table, change));
        }
        return into.write(SinkBatch.of(batch));
    }

    private JsonNode send(String method, String path, String body) {
        try {
            var answer = http.send(
                    HttpRequest.newBuilder(URI.create(stack.elasticsearchUri() + path))
                            .header("Content-Type", "application/json")
                            .method(method, HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            return JSON.readTree(answer.body());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private String alias() {
        return TableIndexes.alias(table);
    }

    private String index() {
        return alias() + "-000001";
    }

    private Set<String> held() {
        send("POST", "/" + alias() + "/_refresh", "");
        Set<String> ids = new HashSet<>();
        send("POST", "/" + alias() + "/_search", "{\"size\":100}")
                .path("hits")
                .path("hits")
                .forEach(hit -> ids.add(hit.path("_id").asString()));
        return ids;
    }

    /** Takes a shard off its node; it stays away until {@link #bringBack}, as shards do while a node that had them starts. */
    private void takeAway(String index, int shard) {
        recoveries("0");
        send(
                "POST",
                "/_cluster/reroute?metric=none",
                "{\"commands\":[{\"cancel\":{\"index\":\"" + index + "\",\"shard\":" + shard
                        + ",\"node\":\"local\",\"allow_primary\":true}}]}");
    }

    private void bringBack() {
        recoveries("null");
        send("GET", "/_cluster/health?wait_for_no_initializing_shards=true&wait_for_status=yellow&timeout=30s", "");
    }

    private void recoveries(String number) {
        send(
                "PUT",
                "/_cluster/settings",
                "{\"transient\":{\"cluster.routing.allocation.node_initial_primaries_recoveries\":" + number + "}}");
    }

    private static void assertWaits(ThrowingCallable call, String why) {
        assertThatExceptionOfType(SinkException.class).isThrownBy(call).satisfies(e -> {
            assertThat(e.category()).isEqualTo(ErrorCategory.RETRYABLE);
            assertThat(e.getMessage()).contains(why);
        });
    }

    /** A refresh waits for the shard for a minute, and then says that all is well. */
    @Test
    @EnabledIfSystemProperty(
            named = "millrace.campaign",
            matches = "true",
            disabledReason = "Elasticsearch waits for a minute: ./millrace test --campaign")
    void truncateWaitsForAShardThatIsAway() throws Exception {
        ChangeEvent truncate = events.truncate();
        ElasticsearchSinkProperties patient = properties(Duration.ofHours(1), Duration.ofSeconds(90));
        try (ElasticsearchSink other = new ElasticsearchSink(new ElasticsearchAccess(patient), patient)) {
            takeAway(index(), 1);
            assertWaits(() -> write(other, truncate), "1 of 2 shards");
            bringBack();
            assertThat(write(other, truncate)).isEmpty();
        }
        assertThat(held()).isEmpty();
    }

    @Test
    void pageThatLacksWhatASearchBeganWithIsNotTakenForTheLast() throws Exception {
        String beside = TestTables.uniqueName("beside");
        send("PUT", "/" + beside, "{\"settings\":{\"number_of_replicas\":0}}");
        Scroll.Reader<RuntimeException> closing = page -> send("POST", "/" + beside + "/_close", "");
        assertWaits(() -> new Scroll(elasticsearch, 1).all(alias() + "," + beside, closing), "1 of 3 shards");
    }

    @Test
    void documentWhoseShardIsAwayIsNotTakenForMissing() throws Exception {
        HeldDocuments documents = new HeldDocuments(elasticsearch);
        Set<String> ids = held();
        takeAway(index(), 1);
        assertWaits(() -> documents.read(alias(), ids), "no_shard_available_action_exception");
        assertWaits(() -> documents.versions(alias(), ids), "no_shard_available_action_exception");
        assertThat(documents.versions(TestTables.uniqueName("nowhere"), ids)).isEmpty();
        bringBack();
        assertThat(documents.versions(alias(), ids)).hasSize(ROWS);
    }

    @Test
    void oldChangeWaitsForTheTombstones() throws Exception {
        ChangeEvent created = created(1);
        assertThat(write(sink, created)).isEmpty();
        assertThat(write(sink, events.delete("{\"id\":1}"))).isEmpty();
        // takes every change for an old one
        ElasticsearchSinkProperties properties = properties(Duration.ZERO);
        try (ElasticsearchSink other = new ElasticsearchSink(new ElasticsearchAccess(properties), properties)) {
            takeAway(Tombstones.ALIAS + "-000001", 0);
            assertWaits(() -> write(other, created), "no_shard_available_action_exception");
            bringBack();
            assertThat(write(other, created)).isEmpty();
        }
        assertThat(held()).hasSize(ROWS - 1).doesNotContain("1");
    }

    @Test
    void changeIsComparedWithTombstonesWhileAShardOfItsIndexIsAbsent() throws Exception {
        ChangeEvent created = created(1);
        assertThat(write(sink, created)).isEmpty();
        assertThat(write(sink, events.delete("{\"id\":1}"))).isEmpty();
        // else the log of what was written since would remind the server
        send("POST", "/" + alias() + "/_flush", "");
        takeAway(index(), 0);
        takeAway(index(), 1);
        ElasticsearchSinkProperties properties = properties(Duration.ofHours(1));
        try (ElasticsearchSink other = new ElasticsearchSink(new ElasticsearchAccess(properties), properties)) {
            CompletableFuture<List<Failure>> written = CompletableFuture.supplyAsync(() -> {
                try {
                    return write(other, created);
                } catch (SinkException e) {
                    throw new CompletionException(e);
                }
            });
            await().until(() -> written.isDone()
                    || !send("GET", "/_tasks?actions=*bulk*", "").path("nodes").isEmpty());
            bringBack();
            assertThat(written.join()).isEmpty();
        }
        assertThat(held()).hasSize(ROWS - 1).doesNotContain("1");
    }

    @Test
    void whatWasForgottenIsNotKnownWhileOneOfTheShardsIsAbsent() throws Exception {
        assertThat(since()).isEqualTo(Instant.MIN);
        takeAway(index(), 1);
        assertThat(since()).isEqualTo(Instant.MAX);
        bringBack();
        assertThat(since()).isAfter(Instant.now().minusSeconds(60)).isBefore(Instant.MAX);
        assertThat(new DeleteMemory(elasticsearch, Duration.ofHours(1)).of(List.of(TestTables.items())))
                .as("no index, and nothing that could have been forgotten")
                .containsValue(new Remembered(Instant.MIN, Duration.ofHours(1)));
    }

    private Instant since() throws SinkException {
        return new DeleteMemory(elasticsearch, Duration.ofHours(1))
                .of(List.of(table))
                .get(alias())
                .started();
    }

    @Test
    void searchThatLostItsContextIsTriedAgain() {
        Scroll.Reader<RuntimeException> clearing = page -> send("DELETE", "/_search/scroll/_all", "");
        assertWaits(() -> new Scroll(elasticsearch, 1).all(alias(), clearing), "search_context_missing_exception");
    }

    @Test
    void indexThatIsClosedForAMomentIsWaitedFor() throws Exception {
        ChangeEvent changed = created(1);
        send("POST", "/" + index() + "/_close", "");
        assertThat(write(sink, changed, events.delete("{\"id\":2}"))).hasSize(2).allSatisfy(failure -> {
            assertThat(failure.category()).isEqualTo(ErrorCategory.RETRYABLE);
            assertThat(failure.cause()).contains("index_closed_exception");
        });
        assertWaits(() -> write(sink, events.truncate()), "index_closed_exception");
        send("POST", "/" + index() + "/_open", "");
        assertThat(write(sink, changed, events.delete("{\"id\":2}"))).isEmpty();
        assertThat(held()).hasSize(ROWS - 1).doesNotContain("2");
    }
}
