package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tables change while everything runs, and every sink holds what the source holds. */
@ExtendWith(PipelineExtension.class)
class SchemaChangesPipelineIT {

    private final Pipeline pipeline;

    SchemaChangesPipelineIT(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    @Test
    void columnsThatComeGoAndChangeTheirNamesAreFollowedByEverySink() throws Exception {
        pipeline.sql("CREATE TABLE grows (id int PRIMARY KEY, a int)", "INSERT INTO grows VALUES (1, 1), (2, 2)");
        long table = pipeline.register("grows");
        pipeline.awaitState(table, "STREAMING");
        pipeline.sql(
                "ALTER TABLE grows ADD note text",
                "INSERT INTO grows VALUES (3, 3, 'three')",
                "BEGIN; INSERT INTO grows VALUES (4, 4, 'four'); ALTER TABLE grows ADD kind text DEFAULT 'plain';"
                        + " INSERT INTO grows VALUES (5, 5, 'five', 'fancy'); COMMIT",
                "ALTER TABLE grows RENAME note TO remark",
                "UPDATE grows SET remark = remark || '!' WHERE id > 3",
                "ALTER TABLE grows DROP a",
                "INSERT INTO grows VALUES (6, 'six', 'last')");
        awaitRead(table);
        pipeline.assertInStep("grows");

        JsonNode versions = pipeline.api.get("tables/" + table + "/schemas").path("items");
        assertThat(versions.valueStream().map(version -> version.path("changes").toString()))
                .containsExactly(
                        "[\"a dropped\"]",
                        "[\"note renamed to remark\"]",
                        "[\"kind text added\"]",
                        "[\"note text added\"]",
                        "[]");
        assertThat(document("grows", "6").toString())
                .contains("\"remark\":\"six\"")
                .doesNotContain("\"a\":");
        assertThat(pipeline.api
                        .get("alerts")
                        .path("items")
                        .valueStream()
                        .filter(alert -> alert.path("tableId").asLong() == table))
                .isEmpty();
    }

    @Test
    void retypedColumnIsANamedAlertWithTheWayOutAndTheOtherSinksGoOn() throws Exception {
        pipeline.sql("CREATE TABLE retyped (id int PRIMARY KEY, n int)", "INSERT INTO retyped VALUES (1, 1)");
        long table = pipeline.register("retyped");
        pipeline.awaitState(table, "STREAMING");
        pipeline.assertInStep("retyped");
        pipeline.sql("ALTER TABLE retyped ALTER n TYPE text USING 'n' || n", "INSERT INTO retyped VALUES (2, 'two')");
        JsonNode alert = await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> alert(table, "sink-cannot-follow-schema"), found -> !found.isMissingNode());
        assertThat(alert.path("sink").asString()).isEqualTo("elasticsearch");
        assertThat(alert.path("severity").asString()).isEqualTo("CRITICAL");
        assertThat(alert.path("message").asString()).contains("the column n was integer and is text since version 2");
        assertThat(alert.path("wayOut").asString()).isNotBlank();

        // what it says: away with the index, read the rows, go on
        String index = elasticsearch("GET", "/_alias/shop.public.retyped")
                .propertyNames()
                .iterator()
                .next();
        elasticsearch("DELETE", "/" + index);
        assertThat(pipeline.api
                        .post("sinks/elasticsearch/tables/" + table + "/resume", null)
                        .status())
                .isEqualTo(200);
        awaitRead(table);
        assertThat(pipeline.api.post("tables/" + table + "/snapshots", null).status())
                .isEqualTo(201);
        awaitRead(table);
        pipeline.assertInStep("retyped");
        assertThat(alert(table, "sink-cannot-follow-schema").isMissingNode())
                .as("mended, and so over")
                .isTrue();
    }

    @Test
    void partitionedTableIsInStepThroughAttachAndMoves() {
        pipeline.sql(
                "CREATE TABLE days (id int, day int, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
                "CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM (10) TO (20)",
                "INSERT INTO days SELECT g, g % 20, 'v' || g FROM generate_series(1, 100) g");
        long table = pipeline.register("days");
        pipeline.awaitState(table, "STREAMING");
        pipeline.sql(
                "UPDATE days SET day = 19 - day WHERE id % 3 = 0",
                "CREATE TABLE days_3 (LIKE days INCLUDING ALL)",
                "INSERT INTO days_3 SELECT g, 25, 'attached' FROM generate_series(1, 50) g",
                "ALTER TABLE days ATTACH PARTITION days_3 FOR VALUES FROM (20) TO (30)",
                "INSERT INTO days VALUES (1000, 29, 'after')",
                "UPDATE days SET v = v || '!' WHERE id = 7");
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> pipeline.assertInStep("days"));
    }

    private JsonNode alert(long table, String name) {
        for (JsonNode alert : pipeline.api.get("alerts").path("items")) {
            if (alert.path("tableId").asLong() == table
                    && alert.path("name").asString().equals(name)) {
                return alert;
            }
        }
        return JsonMapper.builder().build().missingNode();
    }

    /** Waits until the rows that an ALTER TABLE changed without a word have been read again. */
    private void awaitRead(long table) {
        pipeline.barrier();
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    JsonNode shown = pipeline.api.get("tables/" + table);
                    return shown.path("state").asString().equals("STREAMING")
                            && shown.path("snapshot").path("state").asString().equals("DONE")
                            && !shown.path("rereadPending").asBoolean();
                });
    }

    private JsonNode document(String table, String id) throws Exception {
        return elasticsearch("GET", "/shop.public." + table + "/_doc/" + id).path("_source");
    }

    private JsonNode elasticsearch(String method, String path) throws IOException, InterruptedException {
        URI server = pipeline.stack.elasticsearchUri();
        return JsonMapper.builder()
                .build()
                .readTree(HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(server.resolve(path))
                                        .method(method, HttpRequest.BodyPublishers.noBody())
                                        .build(),
                                BodyHandlers.ofString())
                        .body());
    }
}
