package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A person in front of the console, in a real browser. Pictures that are taken lie in {@code target/e2e/pictures}. */
final class Visit implements AutoCloseable {

    private static final Path PICTURES = Path.of("target/e2e/pictures");
    private static final int DESK = 1440;
    private static final int PHONE = 390;

    private final URI web;
    private final List<String> consoleErrors = new ArrayList<>();
    private final Playwright playwright;
    final Page page;

    Visit(URI web) {
        this.web = web;
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        page = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(chromium())
                        .setArgs(List.of("--no-sandbox")))
                .newPage();
        page.setViewportSize(DESK, 900);
        page.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                consoleErrors.add(message.text());
            }
        });
    }

    private static Path chromium() {
        return Stream.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("No Chromium here; ./millrace test installs it"));
    }

    void logIn(String password) {
        page.navigate(web.toString());
        page.getByLabel("Name").fill("admin");
        page.getByLabel("Password").fill(password);
        button("Log in").click();
    }

    void go(String path) {
        page.navigate(web + path);
    }

    Locator button(String name) {
        return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name));
    }

    /** Takes pictures of the page as it is, wide and narrow, light and dark, and sees to it that nothing hangs over. */
    void picture(String name) {
        for (int width : new int[] {DESK, PHONE}) {
            page.setViewportSize(width, 900);
            for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
                page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
                String file =
                        "%s-%d-%s.png".formatted(name, width, scheme.name().toLowerCase());
                page.screenshot(new Page.ScreenshotOptions()
                        .setPath(PICTURES.resolve(file))
                        .setFullPage(true));
            }
            assertNothingHangsOver(name);
        }
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.LIGHT));
        page.setViewportSize(DESK, 900);
    }

    void narrow() {
        page.setViewportSize(PHONE, 844);
    }

    /** Names what is wider than the screen, rather than only by how much. */
    void assertNothingHangsOver(String what) {
        Object wide = page.evaluate(
                "() => { const width = document.documentElement.clientWidth;"
                        + " if (document.documentElement.scrollWidth <= width) return [];"
                        + " return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 0.5)"
                        + " .map(e => e.tagName + '.' + e.className + ' to ' + e.getBoundingClientRect().right).concat(['page']); }");
        assertThat((List<?>) wide).as("sideways overflow of %s", what).isEmpty();
    }

    void assertNoErrors() {
        assertThat(consoleErrors).as("errors in the browser's console").isEmpty();
    }

    @Override
    public void close() {
        playwright.close();
    }
}
