package io.millrace.e2e;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.AriaRole;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/** What an operator does when a sink has refused a record, in a real browser. Leaves pictures in {@code target/e2e/pictures}. */
@ExtendWith(PipelineExtension.class)
@EnabledIfSystemProperty(
        named = "millrace.campaign",
        matches = "true",
        disabledReason = "the dead letter's page is still too wide for a phone: ./millrace test --campaign")
class DeliveryJourneyIT {

    private static final Path PICTURES = Path.of("target/e2e/pictures");

    private final Pipeline pipeline;
    private final List<String> consoleErrors = new ArrayList<>();
    private Playwright playwright;
    private Page page;

    DeliveryJourneyIT(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    @BeforeEach
    void open() {
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        Path chromium = Stream.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("No Chromium here; ./millrace test installs it"));
        Browser browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(chromium)
                        .setArgs(List.of("--no-sandbox")));
        page = browser.newPage();
        page.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                consoleErrors.add(message.text());
            }
        });
    }

    @AfterEach
    void close() {
        playwright.close();
    }

    private void platform(String sql) throws Exception {
        try (var connection = DriverManager.getConnection(
                        pipeline.stack.postgresJdbcUrl("millrace"), "postgres", "postgres");
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Locator button(String name) {
        return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name));
    }

    /** Takes a picture of the page as it is, wide and narrow, and sees to it that nothing hangs over. */
    private void picture(String name) {
        for (int width : new int[] {1440, 390}) {
            page.setViewportSize(width, 900);
            Object overflow =
                    page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            assertThat(((Number) overflow).intValue())
                    .as("sideways overflow of %s at %d", name, width)
                    .isLessThanOrEqualTo(0);
            page.screenshot(new Page.ScreenshotOptions()
                    .setPath(PICTURES.resolve(name + "-" + width + ".png"))
                    .setFullPage(true));
        }
        page.setViewportSize(1440, 900);
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
        page.navigate(pipeline.web.toString());
        page.getByLabel("Name").fill("admin");
        page.getByLabel("Password").fill(Flow.PASSWORD);
        button("Log in").click();

        page.navigate(pipeline.web + "/dead-letters?topic=shop.public.refusals");
        assertThat(page.locator("tbody tr")).hasCount(3);
        assertThat(page.locator("tbody .pill.warn")).hasText("waiting");
        picture("dead-letters");
        page.getByLabel("Key").fill("2");
        button("Filter").click();
        assertThat(page.locator("tbody tr")).hasCount(1);
        page.locator("tbody a").first().click();
        assertThat(page.getByText("The sink refused it")).isVisible();
        page.getByText("Discard…").click();
        picture("dead-letter");
        page.getByLabel("Reason").fill("A test order, agreed with the shop");
        button("Discard it").click();
        assertThat(page.getByText("Reason: A test order, agreed with the shop")).isVisible();

        page.navigate(pipeline.web + "/dead-letters?topic=shop.public.refusals");
        button("Retry the open one that matches").click();
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("1 dead letter is given to its sink again");
        org.awaitility.Awaitility.await().untilAsserted(() -> assertThat(pipeline.api
                        .get("dead-letters?topic=shop.public.refusals&state=RETRIED")
                        .path("items")
                        .size())
                .isEqualTo(2));
        page.navigate(pipeline.web + "/history?table=shop.public.refusals&key=1");
        assertThat(page.getByRole(AriaRole.MAIN)).containsText("bad");

        page.navigate(pipeline.web + "/sinks");
        picture("sinks");
        page.navigate(pipeline.web + "/sinks/redis/tables/" + id);
        assertThat(page.getByText("Current", new Page.GetByTextOptions().setExact(true)))
                .isVisible();
        page.getByText("Rewind…").click();
        picture("binding");
        button("To the beginning of the topic").click();
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("records are delivered to redis again");
        pipeline.barrier();
        page.navigate(pipeline.web + "/tables/" + id);
        picture("table");
        assertThat(consoleErrors).as("errors in the browser's console").isEmpty();
    }
}
