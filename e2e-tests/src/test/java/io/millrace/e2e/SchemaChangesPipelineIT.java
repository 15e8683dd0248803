package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
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
        JsonNode alert = awaitAlert(table, "sink-cannot-follow-schema");
        assertThat(alert.path("sink").asString()).isEqualTo("elasticsearch");
        assertThat(alert.path("severity").asString()).isEqualTo("CRITICAL");
        assertThat(alert.path("message").asString()).contains("the column n was integer and is text since version 2");
        String rebuild = "sinks/elasticsearch/tables/" + table + "/rebuild";
        assertThat(alert.path("wayOut").asString()).contains("POST /api/v1/" + rebuild);
        Api.Answer asked = pipeline.api.post(rebuild, null);
        assertThat(asked.status()).as("%s", asked.body()).isEqualTo(202);
        awaitRebuild(rebuild, "SWITCHED");
        awaitRead(table);
        pipeline.sql("INSERT INTO retyped VALUES (3, 'three')", "UPDATE retyped SET n = 'new' WHERE id = 1");
        pipeline.assertInStep("retyped");
        assertThat(document("retyped", "2").toString()).isEqualTo("{\"id\":2,\"n\":\"two\"}");
        assertThat(alert(table, "sink-cannot-follow-schema").isMissingNode())
                .as("mended, and so over")
                .isTrue();
        assertThat(pipeline.api.post(rebuild + "/finish", null).status()).isEqualTo(200);
        awaitRebuild(rebuild, "DONE");
        pipeline.assertInStep("retyped");
    }

    @Test
    void rowsUnderANewKeyLeaveNothingUnderTheFormerOneAndATableKeepsItsNameOnTheOutside() throws Exception {
        pipeline.sql(
                "CREATE TABLE rekeyed (a int PRIMARY KEY, b text NOT NULL, c int NOT NULL)",
                "INSERT INTO rekeyed SELECT g, 'b' || g, 1000 + g FROM generate_series(1, 20) g");
        long table = pipeline.register("rekeyed");
        pipeline.awaitState(table, "STREAMING");
        pipeline.sql(
                "INSERT INTO rekeyed VALUES (21, 'before', 1021)",
                "UPDATE rekeyed SET b = b || '!' WHERE a < 5",
                "DELETE FROM rekeyed WHERE a = 5");
        pipeline.assertInStep("rekeyed");
        assertThat(document("rekeyed", "1").isMissingNode()).isFalse();

        pipeline.sql(
                "BEGIN; INSERT INTO rekeyed VALUES (22, 'within', 1022); ALTER TABLE rekeyed DROP CONSTRAINT rekeyed_pkey;"
                        + " ALTER TABLE rekeyed ADD PRIMARY KEY (c, b); INSERT INTO rekeyed VALUES (23, 'within', 1023); COMMIT",
                "UPDATE rekeyed SET a = -a WHERE c > 1015",
                "UPDATE rekeyed SET b = 'moved' WHERE c = 1001",
                "DELETE FROM rekeyed WHERE c = 1010");
        awaitRead(table);
        pipeline.assertInStep("rekeyed");
        assertThat(document("rekeyed", "1").isMissingNode())
                .as("the former _id")
                .isTrue();
        assertThat(document("rekeyed", "1001,moved").path("a").asInt()).isEqualTo(1);

        pipeline.sql(
                "ALTER TABLE rekeyed RENAME TO rekeyed_past",
                "INSERT INTO rekeyed_past VALUES (30, 'renamed', 1030)",
                "CREATE TABLE rekeyed (a int PRIMARY KEY, b text NOT NULL, c int NOT NULL)",
                "INSERT INTO rekeyed VALUES (99, 'not captured', 1099)",
                "UPDATE rekeyed_past SET b = 'again' WHERE c = 1001",
                "DELETE FROM rekeyed_past WHERE c = 1002");
        awaitAlert(table, "table-renamed");
        pipeline.barrier();
        assertThat(document("rekeyed", "1030,renamed").isMissingNode()).isFalse();
        pipeline.sql(
                "DROP TABLE rekeyed",
                "ALTER TABLE rekeyed_past RENAME TO rekeyed",
                "INSERT INTO rekeyed VALUES (31, 'named back', 1031)");
        pipeline.assertInStep("rekeyed");
    }

    @Test
    void droppedTableKeepsItsSinksUntilItsSuccessorIsResumedAndTakesTheirPlace() throws Exception {
        pipeline.sql(
                "CREATE TABLE comes_back (id int PRIMARY KEY, n int)",
                "INSERT INTO comes_back SELECT g, g FROM generate_series(1, 10) g");
        long table = pipeline.register("comes_back");
        pipeline.awaitState(table, "STREAMING");
        pipeline.sql("UPDATE comes_back SET n = -n WHERE id > 8", "DROP TABLE comes_back");
        awaitAlert(table, "table-dropped");
        pipeline.awaitState(table, "FAILED");
        pipeline.sql(
                "CREATE TABLE comes_back (id int PRIMARY KEY, n int, note text)",
                "INSERT INTO comes_back SELECT g, 10 * g, 'second' FROM generate_series(5, 12) g");
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(List.of("1", "10"))
                .as("what was committed before it was dropped comes, and stays until it is resumed")
                .extracting(id -> document("comes_back", id).path("n").asInt())
                .containsExactly(1, -10));
        assertThat(pipeline.api.post("tables/" + table + "/resume", null).status())
                .isEqualTo(200);
        pipeline.sql("INSERT INTO comes_back VALUES (13, 13, 'while it is read')");
        pipeline.awaitState(table, "STREAMING");
        pipeline.sql("DELETE FROM comes_back WHERE id = 6", "INSERT INTO comes_back VALUES (3, 3, 'third')");
        awaitRead(table);
        pipeline.assertInStep("comes_back");
        assertThat(alert(table, "table-dropped").isMissingNode()).isTrue();
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

    private void awaitRebuild(String rebuild, String state) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .untilAsserted(
                        () -> assertThat(pipeline.api.get(rebuild).path("state").asString())
                                .as("%s", pipeline.api.get(rebuild))
                                .isEqualTo(state));
    }

    private JsonNode awaitAlert(long table, String name) {
        return await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> alert(table, name), found -> !found.isMissingNode());
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
