package io.millrace.e2e;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.DriverManager;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What an operator does for a sink, in a real browser: records that it refused, an index made anew. */
@ExtendWith(PipelineExtension.class)
class DeliveryJourneyIT {

    private final Pipeline pipeline;
    private Visit visit;

    DeliveryJourneyIT(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    @BeforeEach
    void open() {
        visit = new Visit(pipeline.web);
    }

    @AfterEach
    void close() {
        visit.close();
    }

    private void platform(String sql) throws Exception {
        try (var connection = DriverManager.getConnection(
                        pipeline.stack.postgresJdbcUrl("millrace"), "postgres", "postgres");
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void aRefusedChangeIsFoundRetriedAndInTheHistoryAndAnotherIsDiscardedWithAReason() throws Exception {
        pipeline.sql("CREATE TABLE refusals (id int PRIMARY KEY, state text)");
        long id = pipeline.register("refusals");
        pipeline.awaitState(id, "STREAMING");
        platform(
                "ALTER TABLE millrace.change_log ADD CONSTRAINT refusals CHECK (table_name <> 'refusals' OR after->>'state'"
                        + " NOT IN ('lost', 'bad')) NOT VALID");
        try {
            pipeline.sql(
                    "INSERT INTO refusals VALUES (1, 'bad'), (2, 'lost'), (3, 'good')",
                    "UPDATE refusals SET state = 'later' WHERE id = 1");
            pipeline.barrier();
        } finally {
            platform("ALTER TABLE millrace.change_log DROP CONSTRAINT refusals");
        }
        visit.logIn(Flow.PASSWORD);

        visit.go("/dead-letters?topic=shop.public.refusals");
        assertThat(visit.page.locator("tbody tr")).hasCount(3);
        assertThat(visit.page.locator("tbody .pill.warn")).hasText("waiting");
        visit.picture("dead-letters");
        visit.page.getByLabel("Key").fill("2");
        visit.button("Filter").click();
        assertThat(visit.page.locator("tbody tr")).hasCount(1);
        visit.page.locator("tbody a").first().click();
        assertThat(visit.page.getByText("The sink refused it")).isVisible();
        visit.page.getByText("Discard…").click();
        visit.picture("dead-letter");
        visit.page.getByLabel("Reason").fill("A test order, agreed with the shop");
        visit.button("Discard it").click();
        assertThat(visit.page.getByText("Reason: A test order, agreed with the shop"))
                .isVisible();

        visit.go("/dead-letters?topic=shop.public.refusals");
        visit.button("Retry the open one that matches").click();
        assertThat(visit.page.getByRole(AriaRole.STATUS)).containsText("1 dead letter is given to its sink again");
        org.awaitility.Awaitility.await().untilAsserted(() -> assertThat(pipeline.api
                        .get("dead-letters?topic=shop.public.refusals&state=RETRIED")
                        .path("items")
                        .size())
                .isEqualTo(2));
        visit.go("/history/row?source=shop&schema=public&table=refusals&key=1");
        assertThat(visit.page.getByRole(AriaRole.MAIN)).containsText("bad");

        visit.go("/sinks");
        visit.picture("sinks");
        visit.go("/sinks/redis/tables/" + id);
        assertThat(visit.page.getByText("Current", new Page.GetByTextOptions().setExact(true)))
                .isVisible();
        visit.page.getByText("Rewind…").click();
        visit.picture("binding");
        visit.button("To the beginning of the topic").click();
        assertThat(visit.page.getByRole(AriaRole.STATUS)).containsText("records are delivered to redis again");
        pipeline.barrier();
        visit.go("/tables/" + id);
        visit.picture("table");
        visit.assertNoErrors();
    }

    private List<String> indexes() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(pipeline.stack.elasticsearchUri() + "/_cat/indices/shop.public.rebuilt-*?h=index"))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .sorted()
                .toList();
    }

    @Test
    void anIndexIsRebuiltAndRolledBackByButtonsWhileRowsChange() throws Exception {
        pipeline.sql(
                "CREATE TABLE rebuilt (id int PRIMARY KEY, state text)",
                "INSERT INTO rebuilt SELECT g, 'first' FROM generate_series(1, 500) g");
        long id = pipeline.register("rebuilt");
        pipeline.awaitState(id, "STREAMING");
        pipeline.assertInStep("rebuilt");
        visit.logIn(Flow.PASSWORD);

        visit.go("/tables/" + id + "/sinks/elasticsearch");
        Locator state = visit.page.locator(".pill").filter(new Locator.FilterOptions().setHasText("switched"));
        visit.button("Rebuild").click();
        pipeline.sql(
                "UPDATE rebuilt SET state = 'while it is rebuilt' WHERE id % 3 = 0",
                "DELETE FROM rebuilt WHERE id = 7");
        assertThat(state).isVisible(new LocatorAssertions.IsVisibleOptions().setTimeout(60_000));
        assertThat(visit.page.getByText("The old index is kept, and kept current"))
                .isVisible();
        visit.picture("rebuild");
        pipeline.assertInStep("rebuilt");
        assertThat(indexes()).hasSize(2);

        visit.button("Roll back").click();
        pipeline.sql(
                "UPDATE rebuilt SET state = 'while it goes back' WHERE id % 5 = 0", "DELETE FROM rebuilt WHERE id = 8");
        assertThat(visit.page.locator(".pill").filter(new Locator.FilterOptions().setHasText("rolled back")))
                .isVisible(new LocatorAssertions.IsVisibleOptions().setTimeout(60_000));
        pipeline.assertInStep("rebuilt");
        assertThat(indexes()).containsExactly("shop.public.rebuilt-000001");
        visit.assertNoErrors();
    }
}
