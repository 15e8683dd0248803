package io.millrace.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.csrf;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.httpBasic;

import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.GapCause;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceGap;
import io.millrace.catalog.SourceGaps;
import io.millrace.catalog.SourceState;
import io.millrace.catalog.TableRegistration;
import io.millrace.catalog.TableState;
import io.millrace.event.TableId;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.MediaType;
import org.springframework.mock.web.MockHttpSession;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.test.web.servlet.assertj.MvcTestResult;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ExtendWith(LocalStackExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SourceGapsIT {

    private static final String PASSWORD = TestConsole.PASSWORD;

    private ConfigurableApplicationContext application;
    private MockMvcTester web;
    private PipelineCatalog catalog;
    private SourceGaps gaps;
    private CapturedTable table;

    @BeforeAll
    void start(LocalStack stack) throws Exception {
        application = TestConsole.start(stack, "gaps_platform");
        web = TestConsole.web(application);
        assertThat(web.post()
                        .uri("/api/v1/users")
                        .with(httpBasic("admin", PASSWORD))
                        .contentType(MediaType.APPLICATION_JSON)
                        .content("{\"name\":\"olga\",\"password\":\"" + PASSWORD + "\",\"role\":\"OPERATOR\"}")
                        .exchange())
                .hasStatus(201);
        catalog = application.getBean(PipelineCatalog.class);
        gaps = application.getBean(SourceGaps.class);
        catalog.addSource(Source.of("cut", "localhost", 1, "shop", "nobody", "x", "disable"), "test");
        table = catalog.register(new TableRegistration(
                "cut",
                new TableId("public", "orders"),
                List.of("id"),
                List.of(),
                ReplicaIdentity.DEFAULT,
                Set.of("audit"),
                "test"));
        catalog.tableState(table.id(), TableState.STREAMING, null);
        catalog.snapshotEnded(catalog.snapshot(table.id()).orElseThrow().id(), SnapshotState.DONE, null);
        catalog.sourceState("cut", SourceState.FAILED, "Changes may be missing");
    }

    @AfterAll
    void stop() {
        application.close();
    }

    private static CaptureOffset offset(int epoch, long lsn) {
        return new CaptureOffset(
                "cut", epoch, null, lsn, null, "7000000000000000001", 1, 5, Instant.parse("2026-01-02T03:04:05Z"));
    }

    private MvcTestResult begin(String body) {
        return web.post()
                .uri("/api/v1/sources/cut/epochs")
                .with(httpBasic("admin", PASSWORD))
                .contentType(MediaType.APPLICATION_JSON)
                .content(body)
                .exchange();
    }

    private MockHttpSession session(String user) {
        return TestConsole.session(web, user);
    }

    private String page(String user) {
        return new String(
                web.get()
                        .uri("/sources/cut")
                        .session(session(user))
                        .exchange()
                        .getResponse()
                        .getContentAsByteArray(),
                StandardCharsets.UTF_8);
    }

    @Test
    void aPersonSeesTheGapAcceptsItOnceAndTheHistoryShowsIt() throws Exception {
        application.getBean(Offsets.class).store(offset(1, 0x1000), 1);
        assertThat(page("admin")).doesNotContain("What may be missing");
        SourceGap gap = gaps.found(
                offset(1, 0x1000),
                new SourceGap.Finding(GapCause.SLOT_MISSING, "the replication slot does not exist any more", 0x2000L));

        assertThat(page("admin"))
                .contains("What may be missing", "0/1000", "0/2000", "does not exist any more", "Begin a new epoch");
        assertThat(page("olga")).contains("What may be missing").doesNotContain("Begin a new epoch");
        assertThat(web.post()
                        .uri("/sources/cut/epochs")
                        .session(session("olga"))
                        .with(csrf())
                        .param("gap", Long.toString(gap.id()))
                        .exchange())
                .hasStatus(403);
        assertThat(begin("{\"gap\":" + (gap.id() + 1) + "}")).hasStatus(409);
        assertThat(begin("{}")).hasStatus(400);
        assertThat(begin("{\"gap\":" + gap.id() + "}")).hasStatus(202);
        assertThat(begin("{\"gap\":" + gap.id() + "}")).hasStatus(409);
        assertThat(catalog.source("cut").orElseThrow().epoch()).isEqualTo(2);

        assertThat(gaps.begin(offset(2, 0x3000), 2)).isTrue();
        assertThat(gaps.begin(offset(2, 0x3000), 1)).as("an older lease").isFalse();
        JsonNode shown = new JsonMapper()
                .readTree(web.get()
                        .uri("/api/v1/sources/cut/gaps")
                        .with(httpBasic("admin", PASSWORD))
                        .exchange()
                        .getResponse()
                        .getContentAsByteArray())
                .path("items")
                .get(0);
        assertThat(shown.path("fromLsn").asString()).isEqualTo("0/1000");
        assertThat(shown.path("toLsn").asString()).isEqualTo("0/3000");
        assertThat(shown.path("since").asString()).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(shown.path("newEpoch").asInt()).isEqualTo(2);
        assertThat(shown.path("acceptedBy").asString()).isEqualTo("admin");
        assertThat(shown.path("open").asBoolean()).isFalse();
        assertThat(catalog.openSnapshots()).singleElement().satisfies(open -> assertThat(open.tableId())
                .isEqualTo(table.id()));

        JsonNode history = new JsonMapper()
                .readTree(web.get()
                        .uri("/api/v1/history?source=cut&schema=public&table=orders&operation=gap")
                        .with(httpBasic("admin", PASSWORD))
                        .exchange()
                        .getResponse()
                        .getContentAsByteArray())
                .path("items");
        assertThat(history.size()).isEqualTo(1);
        JsonNode event = history.get(0);
        assertThat(event.path("after").path("from_lsn").asString()).isEqualTo("0/1000");
        assertThat(event.path("epoch").asInt()).isEqualTo(2);
        assertThat(web.get()
                        .uri("/history/events/" + event.path("eventId").asString())
                        .session(session("olga"))
                        .exchange())
                .bodyText()
                .contains("changes may be missing", "SLOT_MISSING");
    }
}
