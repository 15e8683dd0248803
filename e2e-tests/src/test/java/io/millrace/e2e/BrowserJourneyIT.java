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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a person does on the first day, in a real browser. */
@ExtendWith(PipelineExtension.class)
class BrowserJourneyIT {

    private final Pipeline pipeline;
    private final List<String> consoleErrors = new ArrayList<>();
    private Playwright playwright;
    private Page page;

    BrowserJourneyIT(Pipeline pipeline) {
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

    private void logIn(String password) {
        page.navigate(pipeline.web.toString());
        page.getByLabel("Name").fill("admin");
        page.getByLabel("Password").fill(password);
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Log in"))
                .click();
    }

    @Test
    void aWrongPasswordIsRefusedInWords() {
        logIn("not the password");

        assertThat(page.getByRole(AriaRole.ALERT)).containsText("Name or password is wrong");
    }

    @Test
    void aTableIsRegisteredFillsAndTellsTheHistoryOfARow() {
        pipeline.sql(
                "CREATE TABLE journey (id int PRIMARY KEY, state text)",
                "ALTER TABLE journey REPLICA IDENTITY FULL",
                "INSERT INTO journey SELECT g, 'placed' FROM generate_series(1, 500) g");
        logIn(Flow.PASSWORD);
        assertThat(page.getByRole(AriaRole.HEADING, new Page.GetByRoleOptions().setName("Overview")))
                .isVisible();

        page.navigate(pipeline.web + "/tables/register");
        page.locator("a.choice", new Page.LocatorOptions().setHasText("shop")).click();
        page.getByLabel("Search by name").fill("journey");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Search"))
                .click();
        page.locator("input[name=t]").check();
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Continue"))
                .click();
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Register for"))
                .click();

        pipeline.barrier();
        page.navigate(pipeline.web + "/tables");
        page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("public.journey"))
                .first()
                .click();
        assertThat(page.getByText("Streaming since")).isVisible();
        pipeline.assertSinksEqual("journey");

        pipeline.sql("UPDATE journey SET state = 'paid' WHERE id = 42", "DELETE FROM journey WHERE id = 42");
        pipeline.barrier();
        page.getByRole(AriaRole.MAIN)
                .locator("header")
                .getByRole(AriaRole.LINK, new Locator.GetByRoleOptions().setName("History"))
                .click();
        page.getByLabel("Key").fill("42");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Filter"))
                .click();
        page.locator("td[data-label=Row] a").first().click();

        assertThat(page.locator("article.ev")).hasCount(3);
        assertThat(page.locator("article.ev").first()).containsText("deleted");
        assertThat(page.locator("del").getByText("placed").first()).isVisible();
        assertThat(page.locator("ins").getByText("paid").first()).isVisible();
        assertThat(consoleErrors).as("errors in the browser's console").isEmpty();
    }

    @Test
    void everyPageFoldsOntoANarrowScreen() {
        logIn(Flow.PASSWORD);
        page.setViewportSize(390, 844);
        for (String path :
                List.of("/", "/sources", "/tables", "/tables/register", "/history", "/dead-letters", "/users")) {
            page.navigate(pipeline.web + path);

            Object overflow =
                    page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

            assertThat(((Number) overflow).intValue())
                    .as("sideways overflow of " + path)
                    .isLessThanOrEqualTo(0);
        }
        assertThat(consoleErrors).as("errors in the browser's console").isEmpty();
    }
}
