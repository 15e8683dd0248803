package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import io.millrace.event.golden.GoldenValues;
import io.millrace.localstack.Service;
import io.millrace.sync.fixture.GoldenRows;
import io.millrace.sync.fixture.TestCertificate;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.fixture.TlsFront;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.RebuildableSink.Copy;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkContractTests;
import io.millrace.sync.sink.SinkException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;
import tools.jackson.databind.JsonNode;

class ElasticsearchSinkIT extends SinkContractTests {

    private final HttpClient http = HttpClient.newHttpClient();
    private ElasticsearchSink sink;

    @BeforeAll
    void connect() {
        sink = sink(List.of(stack().elasticsearchUri()), null, Duration.ofHours(1), null);
    }

    private static ElasticsearchSink sink(List<URI> uris, String apiKey, Duration gcDeletes, Path authorities) {
        ElasticsearchSinkProperties properties = properties(uris, apiKey, gcDeletes, authorities);
        return new ElasticsearchSink(new ElasticsearchAccess(properties), properties);
    }

    /** The settings of these tests; null for none. */
    static ElasticsearchSinkProperties properties(List<URI> uris, String apiKey, Duration gcDeletes, Path authorities) {
        return new ElasticsearchSinkProperties(
                uris,
                null,
                null,
                apiKey,
                1,
                0,
                gcDeletes,
                Duration.ofDays(30),
                authorities,
                Duration.ofSeconds(1),
                DataSize.ofMegabytes(8),
                Duration.ofSeconds(2),
                Duration.ofSeconds(30));
    }

    @AfterAll
    void disconnect() throws Exception {
        sink.close();
    }

    @Override
    protected Sink sink() {
        return sink;
    }

    @Override
    protected Optional<String> row(CapturedTable table, RowKey key) {
        JsonNode document = get("/" + IndexNames.alias("shop", table.table()) + "/_doc/"
                + IndexNames.id(key).replace("%", "%25"));
        return document.path("found").asBoolean(false)
                ? Optional.of(document.get("_source").toString())
                : Optional.empty();
    }

    private JsonNode get(String path) {
        try {
            return JSON.readTree(http.send(
                            HttpRequest.newBuilder(URI.create(stack().elasticsearchUri() + path))
                                    .build(),
                            BodyHandlers.ofString())
                    .body());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected ChangeEvent poison(CapturedTable table, TestEvents events) {
        return events.create(key(9), "{\"id\":\"secret-value\"}");
    }

    @Override
    protected Service service() {
        return Service.ELASTICSEARCH;
    }

    /** No test: making an index for each type takes a minute. */
    @Override
    protected void everyCanonicalValueOfATypeIsHeld(GoldenValues file) {
        throw new IllegalStateException("All types are in one index");
    }

    @Override
    @Test
    @EnabledIfSystemProperty(
            named = "millrace.campaign",
            matches = "true",
            disabledReason = "Elasticsearch takes half a minute to start again: ./millrace test --campaign")
    protected void outageIsRetryableAndPasses() throws Exception {
        super.outageIsRetryableAndPasses();
    }

    @Test
    void clusterThatIsNotThereIsWaitedFor() throws Exception {
        URI nobody = URI.create("http://localhost:1");
        try (ElasticsearchSink sink = sink(List.of(nobody), null, Duration.ofHours(1), null)) {
            SinkBatch batch = SinkBatch.of(List.of(new Change(table, events.create(key(1), item(1, "a")))));
            for (ThrowingCallable call : List.<ThrowingCallable>of(() -> sink.write(batch), sink::check)) {
                assertThatExceptionOfType(SinkException.class).isThrownBy(call).satisfies(e -> {
                    assertThat(e.category()).isEqualTo(ErrorCategory.RETRYABLE);
                    assertThat(e.getMessage()).contains("localhost:1");
                });
            }
        }
    }

    @Test
    void everyCanonicalValueOfEveryTypeIsHeld() throws Exception {
        assertHeld(GoldenRows.all());
    }

    @Test
    void jsonIsAnObjectWhereItParsesAndElasticsearchTakesIt() throws Exception {
        String[] texts = {
            "{\"a\":{\"b\":[1,2]}}",
            "[1,{\"x\":2}]",
            "{\"a\":1,\"a\":2}",
            "{\"a..b\":1,\".\":2,\"\":3}",
            "not json",
            "5",
            "{\"a\":\n1}"
        };
        List<ChangeEvent> batch = new ArrayList<>();
        for (int i = 0; i < texts.length; i++) {
            batch.add(events.create(key(i), "{\"id\":" + i + ",\"data\":" + JSON.writeValueAsString(texts[i]) + "}"));
        }
        assertThat(write(batch.toArray(ChangeEvent[]::new))).isEmpty();
        assertThat(held(0).get("data")).isEqualTo(JSON.readTree(texts[0]));
        assertThat(held(1).get("data")).isEqualTo(JSON.readTree(texts[1]));
        assertThat(held(2).get("data").asString()).isEqualTo(texts[2]);
        assertThat(held(3).get("data").isNull()).isFalse();
        assertThat(held(4).get("data").asString()).isEqualTo("not json");
        assertThat(held(6).get("data").get("a").asInt()).isEqualTo(1);
    }

    @Test
    void causeOfARejectionShowsNoValue() throws Exception {
        assertThat(write(poison(table, events)))
                .singleElement()
                .satisfies(failure -> assertThat(failure.cause()).contains("id").doesNotContain("secret-value"));
    }

    @Test
    void newColumnExtendsTheMapping() throws Exception {
        write(events.create(key(1), item(1, "a")));
        List<Column> more = new ArrayList<>(table.columns());
        more.add(TestTables.column("added", "int8"));
        table = TestTables.withColumns(table, more);
        events = new TestEvents(table);
        assertThat(write(events.create(key(2), "{\"id\":2,\"added\":5}"))).isEmpty();
        assertThat(held(2).get("added").asInt()).isEqualTo(5);
    }

    @Test
    void droppedColumnOfAnOlderEventIsLeftOut() throws Exception {
        TestEvents older = events;
        ChangeEvent withDropped = older.create(key(1), "{\"id\":1,\"gone\":\"x\"}");
        table = TestTables.withColumns(table, table.columns());
        assertThat(write(withDropped)).isEmpty();
        assertThat(held(1).has("gone")).isFalse();
    }

    @Test
    void awkwardTypesAreTaken() throws Exception {
        table = TestTables.of(
                TestTables.uniqueName("types"),
                List.of("id"),
                List.of(
                        TestTables.column("id", "int8"),
                        TestTables.column("f", "float8"),
                        TestTables.column("ts", "timestamptz"),
                        TestTables.column("d", "date"),
                        TestTables.column("arr", "_int4"),
                        TestTables.column("tarr", "_text"),
                        TestTables.column("jarr", "_jsonb"),
                        TestTables.column("b", "bytea"),
                        TestTables.column("ok", "bool"),
                        TestTables.column("r", "int4range"),
                        TestTables.column("ip", "inet")));
        events = new TestEvents(table);
        String[] rows = {
            "{\"id\":1,\"f\":\"NaN\",\"ts\":\"infinity\",\"d\":\"0044-03-15 BC\",\"arr\":[[1,null],[2,3]],\"tarr\":[\"a\"],"
                    + "\"jarr\":[\"{}\",null],\"b\":\"" + "QUJD".repeat(30_000)
                    + "\",\"ok\":true,\"r\":\"[1,5)\",\"ip\":\"10.0.0.0/8\"}",
            "{\"id\":2,\"f\":1.5,\"ts\":\"2026-01-31T10:00:00.123456Z\",\"d\":\"2026-01-31\",\"arr\":null,\"tarr\":[],"
                    + "\"jarr\":null,\"b\":null,\"ok\":null,\"r\":null,\"ip\":null}",
            "{\"id\":3,\"f\":\"-Infinity\",\"ts\":\"10000-01-01T00:00:00.000000Z\",\"d\":\"infinity\",\"arr\":[],\"tarr\":null,"
                    + "\"jarr\":null,\"b\":null,\"ok\":null,\"r\":null,\"ip\":null}"
        };
        for (int i = 0; i < rows.length; i++) {
            assertThat(write(events.create(key(i + 1), rows[i]))).isEmpty();
            assertThat(held(i + 1)).isEqualTo(JSON.readTree(rows[i]));
        }
    }

    private int send(String method, String path, String body) throws Exception {
        return http.send(
                        HttpRequest.newBuilder(URI.create(stack().elasticsearchUri() + path))
                                .header("Content-Type", "application/json")
                                .method(method, HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        BodyHandlers.ofString())
                .statusCode();
    }

    private String alias() {
        return IndexNames.alias("shop", table.table());
    }

    @Test
    void lateReplayDoesNotBringADeletedRowBackThoughTheServerHasForgottenIt() throws Exception {
        try (ElasticsearchSink forgetful =
                sink(List.of(stack().elasticsearchUri()), null, Duration.ofMillis(100), null)) {
            ChangeEvent created = events.create(key(1), item(1, "once"));
            ChangeEvent truncated = events.create(key(2), item(2, "once"));
            ChangeEvent truncate = events.truncate();
            ChangeEvent alive = events.create(key(3), item(3, "alive"));
            forgetful.write(SinkBatch.of(
                    List.of(new Change(table, created), new Change(table, truncated), new Change(table, alive))));
            forgetful.write(SinkBatch.of(List.of(new Change(table, truncate))));
            forgetful.write(SinkBatch.of(List.of(new Change(table, events.delete(key(1))))));
            // the server itself takes an older version by now: what its own memory would have stopped before
            String control = "/" + alias() + "/_doc/control?version_type=external&version=";
            assertThat(send("PUT", control + 10, item(99, "control"))).isEqualTo(201);
            assertThat(send("DELETE", control + 20, "")).isEqualTo(200);
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                send("POST", "/" + alias() + "/_refresh", "");
                return send("PUT", control + 5, item(99, "control")) == 201;
            });

            assertThat(forgetful.write(SinkBatch.of(List.of(
                            new Change(table, created), new Change(table, truncated), new Change(table, alive)))))
                    .isEmpty();
            assertThat(held(1)).as("deleted").isNull();
            assertThat(held(2)).as("truncated").isNull();
            assertThat(held(3)).isEqualTo(JSON.readTree(item(3, "alive")));
        }
    }

    @Test
    void replayDoesNotBringADeletedRowBackOnceAShardWasStartedAgain() throws Exception {
        deletedRowStaysAwayThough(() -> {
            String index = "/" + alias() + "-000001";
            assertThat(send("POST", index + "/_close", "")).isEqualTo(200);
            assertThat(send("POST", index + "/_open", "")).isEqualTo(200);
        });
    }

    @Test
    @EnabledIfSystemProperty(
            named = "millrace.campaign",
            matches = "true",
            disabledReason = "Elasticsearch takes half a minute to start again: ./millrace test --campaign")
    void replayDoesNotBringADeletedRowBackOnceElasticsearchWasStartedAgain() throws Exception {
        deletedRowStaysAwayThough(() -> {
            stopService();
            startService();
        });
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
        assertThat(send("PUT", control + 10, item(99, "control"))).isEqualTo(201);
        assertThat(send("DELETE", control + 20, "")).isEqualTo(200);
        assertThat(send("PUT", control + 5, item(99, "control")))
                .as("until now the server remembers")
                .isEqualTo(409);

        forgetting.run();
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .until(() -> send("PUT", control + 5, item(99, "control")) == 201);
        // another worker takes over, and begins where the one before had stored its offset
        try (ElasticsearchSink other = sink(List.of(stack().elasticsearchUri()), null, Duration.ofHours(1), null)) {
            for (List<ChangeEvent> replayed : List.of(List.of(deleted, truncated), List.of(again, alive))) {
                assertThat(other.write(SinkBatch.of(replayed.stream()
                                .map(event -> new Change(table, event))
                                .toList())))
                        .isEmpty();
                assertThat(held(1)).as("deleted").isNull();
                assertThat(held(2)).as("truncated").isNull();
            }
        }
        assertThat(held(3)).isEqualTo(JSON.readTree(item(3, "alive")));
    }

    @Test
    void indexThatIsBlockedByAFullDiskIsWaitedFor() throws Exception {
        write(events.create(key(1), item(1, "before")));
        ChangeEvent during = events.create(key(2), item(2, "during"));
        String settings = "/" + alias() + "/_settings";
        assertThat(send("PUT", settings, "{\"index.blocks.read_only_allow_delete\":true}"))
                .isEqualTo(200);
        assertThat(write(during)).singleElement().satisfies(failure -> {
            assertThat(failure.category()).isEqualTo(ErrorCategory.RETRYABLE);
            assertThat(failure.cause()).contains("read-only-allow-delete");
        });
        assertThat(send("PUT", settings, "{\"index.blocks.read_only_allow_delete\":null}"))
                .isEqualTo(200);
        assertThat(write(during)).isEmpty();
        assertThat(held(2)).isNotNull();
    }

    @Test
    void requestThatAnOverloadedNodeTurnsAwayIsWaitedFor() throws Exception {
        write(events.create(key(1), item(1, "before")));
        ChangeEvent during = events.create(key(2), item(2, "x".repeat(200_000)));
        String limit = "{\"transient\":{\"network.breaker.inflight_requests.limit\":%s}}";
        assertThat(send("PUT", "/_cluster/settings", limit.formatted("\"50kb\"")))
                .isEqualTo(200);
        try {
            assertThatExceptionOfType(SinkException.class)
                    .isThrownBy(() -> write(during))
                    .satisfies(e -> {
                        assertThat(e.category()).isEqualTo(ErrorCategory.RETRYABLE);
                        assertThat(e.getMessage()).contains("HTTP 429, circuit_breaking_exception");
                    });
        } finally {
            assertThat(send("PUT", "/_cluster/settings", limit.formatted("null")))
                    .isEqualTo(200);
        }
        assertThat(write(during)).isEmpty();
        assertThat(held(2)).isNotNull();
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
        assertThat(send("POST", "/_bulk?refresh=true", old.toString())).isEqualTo(200);
        String settings = tombstones + "/_settings";
        assertThat(send("PUT", settings, "{\"index.blocks.write\":true}")).isEqualTo(200);
        try (ElasticsearchSink other = sink(List.of(stack().elasticsearchUri()), null, Duration.ofHours(1), null)) {
            other.check();
            assertThat(old()).isEqualTo(2100);
        } finally {
            assertThat(send("PUT", settings, "{\"index.blocks.write\":null}")).isEqualTo(200);
        }
        try (ElasticsearchSink other = sink(List.of(stack().elasticsearchUri()), null, Duration.ofHours(1), null)) {
            other.check();
            assertThat(old()).isZero();
        }
        assertThat(get(tombstones + "/_count").path("count").asInt())
                .as("young ones stay")
                .isPositive();
    }

    private int old() {
        return get("/millrace-deleted-rows/_count?q=at:%3C2000").path("count").asInt();
    }

    @Test
    void searchThatBreaksOffLeavesNothingOpenAtTheServer() throws Exception {
        write(events.create(key(1), item(1, "a")), events.create(key(2), item(2, "b")));
        int before = openSearches();
        ElasticsearchSinkProperties properties =
                properties(List.of(stack().elasticsearchUri()), null, Duration.ofHours(1), null);
        try (ElasticsearchAccess access = new ElasticsearchAccess(properties)) {
            Scroll.Reader<InterruptedException> breaksOff = page -> {
                throw new InterruptedException("The test wants it");
            };
            assertThatExceptionOfType(InterruptedException.class)
                    .isThrownBy(() -> new Scroll(access, 1).all(alias(), breaksOff));
        }
        assertThat(openSearches()).isEqualTo(before);
    }

    private int openSearches() {
        int open = 0;
        for (JsonNode node : get("/_nodes/stats/indices/search").path("nodes")) {
            open += node.path("indices").path("search").path("open_contexts").asInt();
        }
        return open;
    }

    @Test
    void truncateThatComesAloneToAWorkerWhichKnowsNothingOfARebuildEmptiesTheNewIndex() throws Exception {
        write(events.create(key(1), item(1, "before")));
        try (ElasticsearchSink other = sink(List.of(stack().elasticsearchUri()), null, Duration.ofHours(1), null)) {
            Copy copy = new Copy(1, table, other.plan(table, "{}"));
            other.prepare(copy);
            other.feed(copy, List.of(new Change(table, events.create(key(1), item(1, "in the new one")))));
            other.exchange(copy);
            // both stand: the names that this worker has are gone all the same
            assertThat(write(events.truncate())).isEmpty();
            assertThat(held(1)).isNull();
            assertThat(get("/" + alias() + "-000001/_doc/1").path("found").asBoolean())
                    .isFalse();

            other.write(SinkBatch.of(List.of(new Change(table, events.create(key(2), item(2, "behind it"))))));
            other.discard(copy);
            assertThat(write(events.truncate())).isEmpty();
            assertThat(held(2)).isNull();
            assertThat(get("/" + alias() + "*/_alias").propertyNames()).containsExactly(alias() + "-000002");
        }
    }

    @Test
    void workerThatKnowsNothingOfARebuildCannotWritePastIt() throws Exception {
        write(events.create(key(1), item(1, "before")));
        try (ElasticsearchSink other = sink(List.of(stack().elasticsearchUri()), null, Duration.ofHours(1), null)) {
            Copy copy = new Copy(1, table, other.plan(table, "{}"));
            other.prepare(copy);
            // this one has its names from before
            assertThat(write(events.create(key(2), item(2, "while it is filled"))))
                    .isEmpty();
            assertThat(get("/" + alias() + "-000002/_doc/2").path("found").asBoolean())
                    .isTrue();
            assertThat(get("/" + alias() + "-000001/_doc/2").path("found").asBoolean())
                    .isTrue();
            other.exchange(copy);
            assertThat(write(events.update(key(2), null, item(2, "behind the exchange"))))
                    .isEmpty();
            assertThat(held(2).path("name").asString()).isEqualTo("behind the exchange");
            assertThat(get("/" + alias() + "-000001/_doc/2")
                            .path("_source")
                            .path("name")
                            .asString())
                    .isEqualTo("behind the exchange");
            other.discard(copy);
            assertThat(write(events.delete(key(2)))).isEmpty();
            assertThat(held(2)).isNull();
            assertThat(get("/" + alias() + "*/_alias").propertyNames())
                    .as("a delete makes no index")
                    .containsExactly(alias() + "-000002");
        }
    }

    @Test
    void clusterBehindTlsIsTrustedByItsOwnAuthorityAndToldTheKey(@TempDir Path directory) throws Exception {
        TestCertificate certificate = TestCertificate.make(directory);
        try (TlsFront front = new TlsFront(
                        certificate.keyStore(),
                        TestCertificate.PASSWORD,
                        stack().elasticsearchUri().getPort());
                ElasticsearchSink trusting = sink(
                        List.of(URI.create("https://localhost:" + front.port())),
                        "a2V5",
                        Duration.ofHours(1),
                        certificate.certificate());
                ElasticsearchSink strange = sink(
                        List.of(URI.create("https://localhost:" + front.port())), null, Duration.ofHours(1), null)) {
            assertThat(trusting.write(
                            SinkBatch.of(List.of(new Change(table, events.create(key(1), item(1, "over TLS")))))))
                    .isEmpty();
            assertThat(held(1).path("name").asString()).isEqualTo("over TLS");
            assertThat(String.join("", front.requests())).contains("Authorization: ApiKey a2V5");
            assertThatExceptionOfType(SinkException.class)
                    .isThrownBy(strange::check)
                    .satisfies(e -> assertThat(e.category()).isEqualTo(ErrorCategory.RETRYABLE));
        }
    }
}
