package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/** What sinks get is declared through the API and the page, and holds everywhere. */
@ExtendWith(PipelineExtension.class)
class ShapingIT {

    private static final String PLANTED = "planted-5ecret-4711@example.org";

    private final Pipeline pipeline;

    ShapingIT(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    private long customers(String table) {
        pipeline.sql(
                "CREATE TABLE " + table
                        + " (id int PRIMARY KEY, email text, city text NOT NULL, total numeric(12,2) NOT NULL, notes text)",
                "ALTER TABLE " + table + " REPLICA IDENTITY FULL");
        long id = pipeline.register(table);
        pipeline.awaitState(id, "STREAMING");
        return id;
    }

    private Api.Answer declare(long table, String sink, String query, String shaping) {
        return pipeline.api.call("PUT", "sinks/" + sink + "/tables/" + table + "/shaping" + query, shaping);
    }

    private JsonNode declared(long table, String sink, String query, String shaping) {
        Api.Answer answer = declare(table, sink, query, shaping);
        assertThat(answer.status()).as("%s", answer.body()).isEqualTo(200);
        return answer.body();
    }

    @Test
    void existingRowsAreBroughtInLineByReadingThemAgain() {
        long table = customers("shaped_later");
        pipeline.sql(
                "INSERT INTO shaped_later SELECT g, 'c' || g || '@example.org', CASE WHEN g % 2 = 0 THEN 'Oslo' ELSE 'Rome' END,"
                        + " g * 1.5, 'n' FROM generate_series(1, 200) g");
        pipeline.assertInStep("shaped_later");
        String shaping = """
                {"only": ["id", "city", "total"], "names": {"city": "town"}, "filter": "city == 'Oslo'",
                 "computed": [{"name": "gross", "expression": "total * decimal('2')"}]}
                """;
        assertThat(declared(table, "redis", "?reread=true", shaping)
                        .path("snapshot")
                        .isNumber())
                .isTrue();
        awaitSnapshot(table);
        pipeline.barrier();
        List<String> expected = new ArrayList<>();
        for (int id = 2; id <= 200; id += 2) {
            expected.add("{\"id\":" + id + ",\"town\":\"Oslo\",\"total\":\"" + id / 2 * 3 + ".00\",\"gross\":\""
                    + id / 2 * 6 + ".00\"}");
        }
        assertThat(redis("shaped_later")).containsExactlyInAnyOrderElementsOf(expected);
        declared(table, "redis", "?reread=true", "{}");
        awaitSnapshot(table);
        pipeline.assertInStep("shaped_later");
    }

    private void awaitSnapshot(long table) {
        org.awaitility.Awaitility.await()
                .atMost(java.time.Duration.ofSeconds(60))
                .untilAsserted(() -> {
                    JsonNode shown = pipeline.api.get("tables/" + table);
                    assertThat(shown.path("snapshot").path("state").asString()).isEqualTo("DONE");
                    assertThat(shown.path("state").asString()).isEqualTo("STREAMING");
                });
    }

    private List<String> redis(String table) {
        try (var client = io.lettuce.core.RedisClient.create("redis://localhost:" + pipeline.stack.redisPort());
                var connection = client.connect()) {
            return connection.sync().keys("shop:public." + table + ":*").stream()
                    .map(key -> connection.sync().get(key))
                    .toList();
        }
    }

    @Test
    void whatIsWrongIsToldWithItsPlaceAndNothingIsSaved() {
        long table = customers("shaped_wrongly");
        Api.Answer answer = declare(
                table,
                "elasticsearch",
                "",
                "{\"filter\": \"city == 'Oslo' &&\\n totl > 5\", \"masks\": {\"id\": {\"kind\": \"HASH\"}}}");
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.body().path("findings").toString())
                .contains("\"at\":\"filter\",\"line\":2,\"column\":2")
                .contains("\"at\":\"masks.id\"");
        assertThat(pipeline.api
                        .get("sinks/elasticsearch/tables/" + table + "/shaping")
                        .path("version")
                        .asInt())
                .isZero();
    }

    @Test
    void maskedValuesAreInNoSinkNoAnswerNoPageAndNoLog() {
        long table = customers("shaped_secret");
        declared(table, "elasticsearch", "", "{\"masks\": {\"email\": {\"kind\": \"HASH\"}}}");
        declared(
                table,
                "redis",
                "",
                "{\"masks\": {\"email\": {\"kind\": \"PARTIAL\", \"first\": 1}}, \"filter\": \"int(city) > 0\"}");
        declared(table, "audit", "", "{\"masks\": {\"email\": {\"kind\": \"NULL\"}}}");
        pipeline.sql(
                "INSERT INTO shaped_secret VALUES (1, '" + PLANTED + "', 'Oslo', 12.5, 'a'), (2, '" + PLANTED
                        + "', '5', 3, 'b')",
                "UPDATE shaped_secret SET email = 'x' || email");
        pipeline.barrier();
        assertThat(redis("shaped_secret"))
                .containsExactly("{\"id\":2,\"email\":\"x***\",\"city\":\"5\",\"total\":\"3.00\",\"notes\":\"b\"}");

        // a try without masks must not show what is masked
        Api.Answer preview =
                pipeline.api.post("sinks/redis/tables/" + table + "/shaping/preview", "{\"filter\": \"total > 5\"}");
        assertThat(preview.status()).isEqualTo(200);
        assertThat(preview.body().path("events").toString())
                .contains("\"email\":\"***\"")
                .contains("PASSED_OVER");
        Api.Answer peek = pipeline.api.post(
                "sinks/redis/tables/" + table + "/shaping/preview", "{\"filter\": \"email.startsWith('p')\"}");
        assertThat(peek.body().path("findings").toString()).contains("email is masked");
        JsonNode history = pipeline.api.get("history?source=shop&schema=public&table=shaped_secret&limit=50");
        assertThat(history.path("items")
                        .valueStream()
                        .filter(item -> item.path("operation").asString().equals("update"))
                        .map(item -> item.path("changedColumns").toString() + item.path("maskedColumns")))
                .containsExactly("[\"email\"][\"email\"]", "[\"email\"][\"email\"]");
        String letters = pipeline.api.get("dead-letters?sink=redis").toString();
        assertThat(letters).contains("cannot turn a value of this row into what it expects");

        String answers = preview.body()
                + peek.body().toString()
                + history
                + letters
                + pipeline.api.get("tables/" + table)
                + pipeline.api.get("lag")
                + pipeline.api.get("sinks/redis/tables/" + table + "/shaping");
        assertThat(answers).doesNotContain(PLANTED.substring(1));
        assertThat(pipeline.workers.output() + pipeline.admin.output() + pipeline.capture.output())
                .doesNotContain(PLANTED.substring(1));
        look(table);
    }

    /** The page in a real browser, as wide as a desk and as narrow as a telephone; pictures are kept for people. */
    private void look(long table) {
        try (Visit visit = new Visit(pipeline.web)) {
            Page page = visit.page;
            visit.logIn(Flow.PASSWORD);
            visit.go("/tables/" + table + "/sinks/elasticsearch/shaping");
            page.getByLabel("Rows").fill("city == 'Oslo' && totl > 5");
            PlaywrightAssertions.assertThat(page.locator("#at-filter"))
                    .containsText("Line 1, column 19: There is no totl here.");
            visit.picture("shaping-finding");
            page.getByLabel("Rows").fill("city == 'Oslo' && total > 5");
            PlaywrightAssertions.assertThat(page.locator("#at-filter")).not().containsText("There is no");
            page.getByLabel("Name of city").fill("town");
            page.getByLabel("Mask of notes").selectOption("CONSTANT");
            page.getByLabel("Constant for notes").fill("withheld");
            page.getByLabel("Name of the field").first().fill("gross");
            page.getByLabel("What is computed").first().fill("total * decimal('1.19')");
            visit.button("Try it on recent changes").click();
            PlaywrightAssertions.assertThat(page.locator("#preview")).containsText("14.8750");
            assertThat(page.content()).doesNotContain(PLANTED.substring(1));
            visit.picture("shaping-preview");
            visit.button("Save for changes from now on").click();
            PlaywrightAssertions.assertThat(page.getByRole(AriaRole.STATUS)).containsText("Saved");
            assertThat(page.getByLabel("Rows").inputValue()).isEqualTo("city == 'Oslo' && total > 5");
            visit.go("/history/row?source=shop&schema=public&table=shaped_secret&key=1");
            PlaywrightAssertions.assertThat(page.locator("main")).containsText("Recorded masked: email");
            visit.picture("shaping-history");
            visit.go("/tables/" + table);
            visit.picture("shaping-table");
            visit.assertNoErrors();
        }
    }
}
