package io.millrace.e2e;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a person does on the first day, in a real browser. */
@ExtendWith(PipelineExtension.class)
class BrowserJourneyIT {

    private final Pipeline pipeline;
    private Visit visit;

    BrowserJourneyIT(Pipeline pipeline) {
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

    @Test
    void aWrongPasswordIsRefusedInWords() {
        visit.logIn("not the password");

        assertThat(visit.page.getByRole(AriaRole.ALERT)).containsText("Name or password is wrong");
    }

    @Test
    void aTableIsRegisteredFillsAndTellsTheHistoryOfARow() {
        pipeline.sql(
                "CREATE TABLE journey (id int PRIMARY KEY, state text)",
                "ALTER TABLE journey REPLICA IDENTITY FULL",
                "INSERT INTO journey SELECT g, 'placed' FROM generate_series(1, 500) g");
        visit.logIn(Flow.PASSWORD);
        assertThat(visit.page.getByRole(AriaRole.HEADING, new Page.GetByRoleOptions().setName("Overview")))
                .isVisible();

        visit.go("/tables/register");
        visit.page
                .locator("a.choice", new Page.LocatorOptions().setHasText("shop"))
                .click();
        visit.page.getByLabel("Search by name").fill("journey");
        visit.button("Search").click();
        visit.page.locator("input[name=t]").check();
        visit.button("Continue").click();
        visit.button("Register for").click();

        pipeline.barrier();
        visit.go("/tables");
        visit.page
                .getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("public.journey"))
                .first()
                .click();
        assertThat(visit.page.getByText("Streaming since")).isVisible();
        pipeline.assertSinksEqual("journey");

        pipeline.sql("UPDATE journey SET state = 'paid' WHERE id = 42", "DELETE FROM journey WHERE id = 42");
        pipeline.barrier();
        visit.page
                .getByRole(AriaRole.MAIN)
                .locator("header")
                .getByRole(AriaRole.LINK, new Locator.GetByRoleOptions().setName("History"))
                .click();
        visit.page.getByLabel("Key").fill("42");
        visit.button("Filter").click();
        visit.page.locator("td[data-label=Row] a").first().click();

        assertThat(visit.page.locator("article.ev")).hasCount(3);
        assertThat(visit.page.locator("article.ev").first()).containsText("deleted");
        assertThat(visit.page.locator("del").getByText("placed").first()).isVisible();
        assertThat(visit.page.locator("ins").getByText("paid").first()).isVisible();
        visit.assertNoErrors();
    }

    @Test
    void everyPageIsWholeOnADeskAndOnATelephone() {
        pipeline.sql(
                "CREATE TABLE pictured (id int PRIMARY KEY, state text, total int)",
                "INSERT INTO pictured SELECT g, 'placed', g FROM generate_series(1, 200) g");
        long table = pipeline.register("pictured");
        pipeline.awaitState(table, "STREAMING");
        // the index is made from the columns as they are when the first rows come
        pipeline.barrier();
        pipeline.sql(
                "ALTER TABLE pictured ALTER COLUMN total TYPE text USING 'EUR ' || total",
                "UPDATE pictured SET state = 'paid' WHERE id = 7");
        await().atMost(Duration.ofSeconds(60))
                .until(() -> !pipeline.api.get("alerts").path("items").isEmpty());
        visit.logIn(Flow.PASSWORD);
        Map<String, String> pages = new LinkedHashMap<>();
        pages.put("overview", "/");
        pages.put("sources", "/sources");
        pages.put("source", "/sources/shop");
        pages.put("source-add", "/sources/add");
        pages.put("tables", "/tables");
        pages.put("table", "/tables/" + table);
        pages.put("register", "/tables/register");
        pages.put("history", "/history");
        pages.put("row", "/history/row?source=shop&schema=public&table=pictured&key=7");
        pages.put("sinks", "/sinks");
        pages.put("alerts", "/alerts");
        pages.put("users", "/users");
        pages.forEach((name, path) -> {
            visit.go(path);
            visit.picture(name);
        });
        pipeline.api.call("DELETE", "tables/" + table, null);
        visit.assertNoErrors();
    }
}
