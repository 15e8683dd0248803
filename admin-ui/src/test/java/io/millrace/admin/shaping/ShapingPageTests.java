package io.millrace.admin.shaping;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.admin.sinks.Sink;
import io.millrace.admin.web.Format;
import io.millrace.admin.web.Viewer;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.TableState;
import io.millrace.catalog.shaping.Computed;
import io.millrace.catalog.shaping.Mask;
import io.millrace.catalog.shaping.ShapedFor;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.catalog.shaping.ShapingCheck;
import io.millrace.event.TableId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.mock.web.MockServletContext;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.thymeleaf.context.WebContext;
import org.thymeleaf.spring6.SpringTemplateEngine;
import org.thymeleaf.templateresolver.ClassLoaderTemplateResolver;
import org.thymeleaf.web.servlet.JakartaServletWebApplication;

class ShapingPageTests {

    private static final CapturedTable TABLE = new CapturedTable(
            7,
            "shop",
            new TableId("public", "customers"),
            "shop.public.customers",
            List.of("id"),
            List.of(
                    new Column("id", "bigint", "int8", 20, false),
                    new Column("email", "text", "text", 25, true),
                    new Column("city", "text", "text", 25, false),
                    new Column("visits", "integer", "int4", 23, false)),
            1,
            ReplicaIdentity.FULL,
            TableState.STREAMING,
            null,
            Instant.EPOCH,
            "test",
            Instant.EPOCH,
            List.of());

    private static final Shaping SHAPING = new Shaping(
            List.of("id", "email", "visits"),
            Map.of("id", "customer"),
            Map.of("email", Mask.partial(1, 4), "visits", Mask.constant(7)),
            "city == 'Oslo' &&\n emial != ''",
            List.of(new Computed("large", "visits > 5")));

    private static String rendered(String template, Set<String> fragments, Map<String, Object> more) {
        ClassLoaderTemplateResolver resolver = new ClassLoaderTemplateResolver();
        resolver.setPrefix("templates/");
        resolver.setSuffix(".html");
        SpringTemplateEngine engine = new SpringTemplateEngine();
        engine.setTemplateResolver(resolver);
        MockServletContext servlet = new MockServletContext();
        WebContext context = new WebContext(
                JakartaServletWebApplication.buildApplication(servlet)
                        .buildExchange(new MockHttpServletRequest(servlet), new MockHttpServletResponse()),
                Locale.ROOT);
        context.setVariable("fmt", new Format(ZoneOffset.UTC, Instant.EPOCH));
        context.setVariable("viewer", new Viewer("olga", "OPERATOR"));
        context.setVariable("here", "/");
        context.setVariables(more);
        return fragments.isEmpty() ? engine.process(template, context) : engine.process(template, fragments, context);
    }

    private static Map<String, Object> model(Shaping shaping, boolean history) {
        ShapingForm form = ShapingForm.of(shaping, TABLE, 3);
        Map<String, Object> model = new HashMap<>();
        model.put("t", TABLE);
        model.put("sink", new Sink(history ? "audit" : "elasticsearch"));
        model.put("history", history);
        model.put("declared", new ShapingView("elasticsearch", 7, 3, shaping, "olga", Instant.EPOCH, List.of(), null));
        model.put("form", form);
        model.put("kinds", Mask.Kind.values());
        model.put(
                "places", form.places(ShapingCheck.of(shaping, TABLE, history ? ShapedFor.HISTORY : ShapedFor.STATES)));
        return model;
    }

    /** For people to look at. */
    private static void keep(String name, String page) throws IOException {
        Files.createDirectories(Path.of("target/pages"));
        Files.writeString(
                Path.of("target/pages", name + ".html"), page.replace("\"/assets/", "\"../classes/static/assets/"));
    }

    @Test
    void findingsStandBesideTheirFields() throws IOException {
        String page = rendered("shaping", Set.of(), model(SHAPING, false));
        keep("shaping", page);
        assertThat(page)
                .containsSubsequence(
                        "id=\"at-filter\"", "Line 2, column 2: ", "There is no emial here.", "Computed fields");
        assertThat(page)
                .containsSubsequence(
                        "id=\"at-field0\"", "visits is masked: expressions do not see it.", "id=\"at-field1\"");
        assertThat(page).contains("name=\"as0\" value=\"customer\"").contains("value=\"PARTIAL\" selected");
    }

    @Test
    void findingsAloneReplaceThoseOnThePage() {
        String part = rendered("shaping", Set.of("findings"), model(SHAPING, false));
        assertThat(part).startsWith("<div class=\"said\" id=\"at-all\" hx-swap-oob=\"true\"");
        assertThat(part)
                .contains("id=\"at-column3\"", "id=\"at-filter\"", "id=\"at-field2\"")
                .doesNotContain("<html");
    }

    @Test
    void historyOffersMasksAndAChoiceOfColumnsOnly() {
        String page = rendered("shaping", Set.of(), model(Shaping.NONE, true));
        assertThat(page).contains("What was recorded before stays as it was recorded.");
        assertThat(page).doesNotContain("name=\"filter\"", "name=\"as0\"", "name=\"expression0\"");
    }

    @Test
    void triedChangesStandSideBySide() throws IOException {
        Map<String, Object> model = model(SHAPING, false);
        model.put("stopped", false);
        model.put(
                "preview",
                List.of(
                        PreviewRow.of(
                                new PreviewEvent(
                                        "e1",
                                        "update",
                                        "{\"id\":1}",
                                        Instant.EPOCH,
                                        PreviewEvent.Outcome.SENT,
                                        null,
                                        "{\"id\":1,\"email\":\"***\",\"city\":\"Oslo\",\"visits\":3}",
                                        "{\"customer\":1,\"email\":\"a***.org\",\"visits\":7,\"large\":false}"),
                                Map.of("id", "customer")),
                        PreviewRow.of(
                                new PreviewEvent(
                                        "e2",
                                        "create",
                                        "{\"id\":2}",
                                        Instant.EPOCH,
                                        PreviewEvent.Outcome.PASSED_OVER,
                                        "The new row does not pass the filter.",
                                        "{\"id\":2,\"email\":null,\"city\":\"Rome\",\"visits\":9}",
                                        null),
                                Map.of())));
        String page = rendered("shaping", Set.of(), model);
        keep("preview", page);
        assertThat(page)
                .containsSubsequence(
                        "Tried on recent changes", ">sent<", "customer: ", "a***.org", "computed", ">false<")
                .containsSubsequence(">passed over<", "The new row does not pass the filter.", "NULL", "Rome");
    }

    @Test
    void whatIsTypedBecomesTheShapingThatWasShown() {
        MultiValueMap<String, String> typed = new LinkedMultiValueMap<>();
        typed.add("which", "chosen");
        typed.add("version", "3");
        String[] columns = {"id", "email", "city", "visits"};
        for (int i = 0; i < columns.length; i++) {
            typed.add("column" + i, columns[i]);
            typed.add("as" + i, i == 0 ? "customer" : "");
            typed.add("mask" + i, i == 1 ? "PARTIAL" : i == 3 ? "CONSTANT" : "");
            typed.add("value" + i, i == 3 ? "7" : "");
            typed.add("first" + i, i == 1 ? "1" : "");
            typed.add("last" + i, i == 1 ? "4" : "");
        }
        // a key's tick cannot be taken away, and so is not sent by browsers
        typed.add("sent1", "on");
        typed.add("sent3", "on");
        typed.add("filter", "city == 'Oslo' &&\n emial != ''");
        typed.add("name0", "large");
        typed.add("expression0", "visits > 5");
        typed.add("name1", "");
        typed.add("expression1", "");
        ShapingForm form = ShapingForm.of(typed, TABLE);
        assertThat(Shaping.parse(form.shaping().toJson())).isEqualTo(Shaping.parse(SHAPING.toJson()));
        assertThat(form.version()).isEqualTo(3);
    }
}
