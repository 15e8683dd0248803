package io.millrace.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.csrf;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.httpBasic;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.millrace.catalog.Alert;
import io.millrace.catalog.Alerts;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.rebuild.Comparison;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.event.TableId;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.mock.web.MockHttpSession;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.test.web.servlet.assertj.MvcTestResult;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ExtendWith(LocalStackExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdminIT {

    private static final String PASSWORD = TestConsole.PASSWORD;
    private static final String API = "/api/v1";

    private final JsonMapper json = JsonMapper.builder().build();
    private ConfigurableApplicationContext application;
    private MockMvcTester web;
    private LocalStack stack;

    @BeforeAll
    void start(LocalStack shared) throws SQLException {
        stack = shared;
        sql("postgres", "CREATE DATABASE admin_source");
        sql(
                "admin_source",
                "CREATE TABLE keyed (id bigint PRIMARY KEY, name text)",
                "CREATE TABLE keyless (name text)",
                "CREATE TABLE former (id bigint PRIMARY KEY, name text)",
                "CREATE TABLE journal (name text)",
                "CREATE TABLE lines (order_id bigint, code text, PRIMARY KEY (order_id, code))",
                "CREATE UNLOGGED TABLE fleeting (id bigint PRIMARY KEY)",
                "CREATE VIEW seen AS SELECT * FROM keyed");
        application = TestConsole.start(stack, "admin_platform");
        web = TestConsole.web(application);
        post("/users", "{\"name\":\"olga\",\"password\":\"" + PASSWORD + "\",\"role\":\"OPERATOR\"}", 201);
        post("/users", "{\"name\":\"rolf\",\"password\":\"" + PASSWORD + "\",\"role\":\"AUDITOR\"}", 201);
        post("/sources", source("src", "admin_source"), 201);
        post("/tables", table("keyed", "elasticsearch", "redis", "audit"), 201);
        post("/tables", table("lines", "audit"), 201);
        history();
    }

    @AfterAll
    void stop() {
        if (application != null) {
            application.close();
        }
    }

    private String source(String name, String database) {
        return "{\"name\":\"%s\",\"host\":\"localhost\",\"port\":%d,\"database\":\"%s\",\"username\":\"%s\",\"password\":\"%s\"}"
                .formatted(
                        name, stack.postgresPort(), database, LocalStack.POSTGRES_USER, LocalStack.POSTGRES_PASSWORD);
    }

    private static String table(String table, String... sinks) {
        return "{\"source\":\"src\",\"schema\":\"public\",\"table\":\"%s\",\"sinks\":[\"%s\"]}"
                .formatted(table, String.join("\",\"", sinks));
    }

    private void history() throws SQLException {
        List<String> rows = new ArrayList<>();
        long hash = new io.millrace.event.RowKey("{\"id\":42}")
                .hash("src", new io.millrace.event.TableId("public", "keyed"));
        for (int i = 0; i < 25; i++) {
            String event = "src-1-00000000000001%02X-00000000".formatted(i);
            rows.add(
                    ("INSERT INTO millrace.change_log (event_id, source, schema_name, table_name, key, key_hash, operation, before,"
                                    + " after, changed_columns, before_completeness, unavailable_columns, transaction_id, lsn, commit_lsn,"
                                    + " epoch, ordinal, committed_at, captured_at) VALUES ('%s', 'src', 'public', 'keyed', '{\"id\": 42}',"
                                    + " %d, '%s', %s, '{\"id\":42,\"name\":\"<b>n%d</b>\"}', '{name}', 'FULL', '{}', %d, '0/1%02X',"
                                    + " '0/1%02X', 1, 0, now() - interval '%d minutes', now())")
                            .formatted(
                                    event,
                                    hash,
                                    i == 0 ? "create" : "update",
                                    i == 0 ? "NULL" : "'{\"id\":42,\"name\":\"<b>n" + (i - 1) + "</b>\"}'",
                                    i,
                                    700 + i,
                                    i,
                                    i,
                                    60 - i));
        }
        sql("admin_platform", rows.toArray(String[]::new));
    }

    private void sql(String database, String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection(
                        stack.postgresJdbcUrl(database), LocalStack.POSTGRES_USER, LocalStack.POSTGRES_PASSWORD);
                Statement statement = connection.createStatement()) {
            for (String text : statements) {
                statement.execute(text);
            }
        }
    }

    private MvcTestResult call(String user, HttpMethod method, String path, String body) {
        var request = web.method(method).uri(java.net.URI.create(API + path)).with(httpBasic(user, PASSWORD));
        return (body == null
                        ? request
                        : request.contentType(MediaType.APPLICATION_JSON).content(body))
                .exchange();
    }

    private JsonNode body(MvcTestResult result) {
        return json.readTree(result.getResponse().getContentAsByteArray());
    }

    private JsonNode post(String path, String body, int status) {
        MvcTestResult result = call("admin", HttpMethod.POST, path, body);
        assertThat(result).hasStatus(status);
        return body(result);
    }

    private JsonNode get(String path) {
        MvcTestResult result = call("rolf", HttpMethod.GET, path, null);
        assertThat(result).hasStatus(200);
        return body(result);
    }

    private MockHttpSession session(String user) {
        return TestConsole.session(web, user);
    }

    @ParameterizedTest
    @CsvSource({
        "rolf, GET, /tables, 200",
        "rolf, GET, /history, 200",
        "rolf, GET, /lag, 200",
        "rolf, GET, /dead-letters, 200",
        "rolf, GET, /openapi, 200",
        "rolf, POST, /tables/1/pause, 403",
        "rolf, POST, /barrier, 403",
        "rolf, POST, /sinks/audit/tables/1/pause, 403",
        "rolf, POST, /sinks/elasticsearch/tables/1/rebuild, 403",
        "rolf, GET, /sinks/elasticsearch/tables/1/options, 200",
        "rolf, GET, /sinks/elasticsearch/tables/1/rebuilds, 200",
        "olga, POST, /sinks/audit/tables/1/rebuild, 409",
        "olga, POST, /sinks/solr/tables/1/rebuild, 404",
        "rolf, GET, /sinks/audit/tables/1/shaping, 403",
        "rolf, POST, /sinks/audit/tables/1/shaping/preview, 403",
        "rolf, POST, /sinks/audit/tables/1/shaping/check, 403",
        "rolf, PUT, /sinks/audit/tables/1/shaping, 403",
        "olga, GET, /sinks/audit/tables/1/shaping, 200",
        "olga, GET, /sinks/nothing/tables/1/shaping, 404",
        "rolf, POST, /sinks/audit/tables/1/rewind, 403",
        "rolf, GET, /sinks/audit/tables/1, 200",
        "olga, GET, /sinks/audit/tables/999, 404",
        "rolf, POST, /dead-letters/retry, 403",
        "rolf, POST, /dead-letters/discard, 403",
        "olga, GET, /dead-letters/999, 404",
        "olga, POST, /dead-letters/999/retry, 404",
        "rolf, GET, /users, 403",
        "olga, POST, /tables/999/pause, 404",
        "olga, POST, /sources, 403",
        "olga, GET, /users, 403",
        "olga, GET, /tokens, 403",
        "admin, GET, /users, 200",
        "admin, GET, /tokens, 200",
        "admin, GET, /nothing, 404"
    })
    void theApiAllowsWhatTheRoleAllows(String user, String method, String path, int status) {
        assertThat(call(user, HttpMethod.valueOf(method), path, null)).hasStatus(status);
    }

    @ParameterizedTest
    @CsvSource({
        "rolf, /, 200",
        "rolf, /overview/live, 200",
        "rolf, /tables, 200",
        "rolf, /tables/1, 200",
        "rolf, /tables/1/sinks/elasticsearch, 200",
        "rolf, /tables/1/sinks/redis, 200",
        "rolf, /tables/1/sinks/redis/rebuild, 200",
        "rolf, /tables/1/sinks/audit, 200",
        "rolf, /sources, 200",
        "rolf, /sources/src, 200",
        "rolf, /history, 200",
        "rolf, /history?table=src.public.keyed&key=42, 200",
        "rolf, /history?table=src.public.keyed&key=nobody, 200",
        "rolf, /history/row?source=src&schema=public&table=keyed&key=42, 200",
        "rolf, /history/events/src-1-0000000000000105-00000000, 200",
        "rolf, /dead-letters, 200",
        "rolf, /dead-letters?sink=redis&state=OPEN&key=42&q=refused, 200",
        "rolf, /dead-letters/999, 404",
        "rolf, /sinks, 200",
        "rolf, /sinks/redis/tables/1, 200",
        "rolf, /sinks/redis/tables/1/live, 200",
        "rolf, /sinks/solr/tables/1, 404",
        "rolf, /tables/register, 403",
        "rolf, /users, 403",
        "rolf, /tables/1/sinks/redis/shaping, 403",
        "olga, /tables/1/sinks/redis/shaping, 200",
        "olga, /tables/1/sinks/audit/shaping, 200",
        "olga, /tables/register, 200",
        "olga, /tables/register/tables?source=src, 200",
        "olga, /tables/register/sinks?source=src&t=public.keyless, 200",
        "olga, /sources/add, 403",
        "admin, /sources/add, 200",
        "admin, /users, 200",
        "admin, /tables/999, 404"
    })
    void pagesOpenForWhomTheyAreMeant(String user, String path, int status) {
        assertThat(web.get().uri(path).session(session(user)).exchange()).hasStatus(status);
    }

    @Test
    void alertsAndSchemaVersionsAreShownWhereverPeopleLook() throws Exception {
        PipelineCatalog catalog = application.getBean(PipelineCatalog.class);
        CapturedTable table =
                catalog.table("src", new TableId("public", "lines")).orElseThrow();
        List<Column> columns = new ArrayList<>(table.columns());
        columns.add(new Column("note", "text", "text", 25, true));
        catalog.recordSchema(table.id(), columns, table.keyColumns(), table.replicaIdentity(), 0x1000L);
        catalog.alerts()
                .raise(Alerts.Trouble.of(
                        "sink-stopped", Alert.Severity.CRITICAL, table, "audit", "It <stopped>.", "Start it."));

        JsonNode alert = get("/alerts").path("items").get(0);
        assertThat(alert.path("name").asString()).isEqualTo("sink-stopped");
        JsonNode versions = get("/tables/" + table.id() + "/schemas").path("items");
        assertThat(versions.get(0).path("changes").toString()).isEqualTo("[\"note text added\"]");
        assertThat(versions.get(0).path("firstLsn").asString()).isEqualTo("0/1000");
        MockHttpSession anna = session("admin");
        for (String page : List.of("/", "/alerts", "/tables/" + table.id())) {
            assertThat(web.get().uri(page).session(anna).exchange())
                    .as(page)
                    .hasStatusOk()
                    .bodyText()
                    .contains("sink-stopped", "It &lt;stopped&gt;.", "Start it.");
        }
        assertThat(web.get().uri("/tables/" + table.id()).session(anna).exchange())
                .bodyText()
                .contains("note text added", "0/1000");
        assertThat(application
                        .getBean(
                                "alertsHealthIndicator",
                                org.springframework.boot.health.contributor.HealthIndicator.class)
                        .health()
                        .getStatus()
                        .getCode())
                .isEqualTo("DOWN");
        post("/alerts/" + alert.path("id").asLong() + "/dismiss", "", 200);
        assertThat(get("/alerts").path("items")).isEmpty();
    }

    @Test
    void aShapingIsCheckedSavedInVersionsAndDescribedInOpenApi() {
        String path = "/sinks/redis/tables/1/shaping";
        MvcTestResult wrong = call("olga", HttpMethod.PUT, path, "{\"filter\":\"nam == 'x'\",\"only\":[\"name\"]}");
        assertThat(wrong).hasStatus(422);
        assertThat(body(wrong).get("findings").toString())
                .contains("\"at\":\"only\"")
                .contains("\"at\":\"filter\",\"line\":1,\"column\":1");
        int version =
                body(call("olga", HttpMethod.GET, path, null)).get("version").asInt();
        String shaping = "{\"masks\":{\"name\":{\"kind\":\"PARTIAL\",\"first\":1}},\"names\":{\"name\":\"title\"}}";
        MvcTestResult saved = call("olga", HttpMethod.PUT, path + "?version=" + version, shaping);
        assertThat(saved).hasStatus(200);
        assertThat(body(saved).get("version").asInt()).isEqualTo(version + 1);
        assertThat(body(saved).get("declaredBy").stringValue()).isEqualTo("olga");
        assertThat(body(saved).get("shaping").toString())
                .isEqualTo(
                        "{\"only\":null,\"names\":{\"name\":\"title\"},\"masks\":{\"name\":{\"kind\":\"PARTIAL\",\"value\":null,"
                                + "\"first\":1,\"last\":null}},\"filter\":null,\"computed\":[]}");
        assertThat(call("olga", HttpMethod.PUT, path + "?version=" + version, "{}"))
                .hasStatus(409);
        assertThat(call("olga", HttpMethod.PUT, path, "{\"mask\":{}}")).hasStatus(400);
        assertThat(call("olga", HttpMethod.DELETE, path, null)).hasStatus(200);
        JsonNode described = get("/openapi").get("paths").get("/api/v1/sinks/{sink}/tables/{table}/shaping");
        assertThat(described.get("put").get("responses").propertyNames()).contains("200", "409", "422");
        assertThat(get("/openapi").toString())
                .contains("/shaping/preview", "/shaping/check", "\"Mask\"", "\"PARTIAL\"");
    }

    @Test
    void aTableIsRegisteredWithItsShapingOrNotAtAll() throws SQLException {
        sql("admin_source", "CREATE TABLE people (id bigint PRIMARY KEY, email text)");
        String wanted =
                "{\"source\":\"src\",\"schema\":\"public\",\"table\":\"people\",\"sinks\":[\"redis\",\"audit\"],"
                        + "\"shapings\":{\"audit\":{\"masks\":{\"%s\":{\"kind\":\"HASH\"}}}}}";
        post("/tables", wanted.formatted("mail"), 422);
        long id = post("/tables", wanted.formatted("email"), 201).get("id").asLong();
        JsonNode shaped = body(call("olga", HttpMethod.GET, "/sinks/audit/tables/" + id + "/shaping", null));
        assertThat(shaped.get("version").asInt()).isEqualTo(1);
        assertThat(shaped.get("shaping").get("masks").get("email").get("kind").stringValue())
                .isEqualTo("HASH");
        assertThat(body(call("olga", HttpMethod.GET, "/sinks/redis/tables/" + id + "/shaping", null))
                        .get("version")
                        .asInt())
                .isZero();
    }

    @Test
    void theApiAnswersStrangersWithAProblemAndNoRedirect() {
        assertThat(web.get().uri(API + "/tables").exchange())
                .hasStatus(401)
                .hasContentType(MediaType.APPLICATION_PROBLEM_JSON);
        assertThat(web.get()
                        .uri(API + "/tables")
                        .header("Authorization", "Bearer mlr_no")
                        .exchange())
                .hasStatus(401);
        assertThat(web.get()
                        .uri(API + "/tables")
                        .with(httpBasic("admin", "wrong"))
                        .exchange())
                .hasStatus(401);
    }

    @Test
    void pagesSendStrangersToTheLoginAndFormsNeedTheirToken() {
        assertThat(web.get().uri("/tables").exchange()).hasStatus(302);
        assertThat(web.post().uri("/tables/1/pause").session(session("admin")).exchange())
                .hasStatus(403);
    }

    @Test
    void aTokenDoesWhatItsOwnerMayUntilItIsRevoked() {
        JsonNode issued = post("/tokens", "{\"user\":\"rolf\",\"label\":\"report\"}", 201);
        String bearer = "Bearer " + issued.get("token").stringValue();
        assertThat(web.get()
                        .uri(API + "/tables")
                        .header("Authorization", bearer)
                        .exchange())
                .hasStatus(200);
        assertThat(web.get().uri(API + "/users").header("Authorization", bearer).exchange())
                .hasStatus(403);
        assertThat(call(
                        "admin",
                        HttpMethod.DELETE,
                        "/tokens/" + issued.get("id").asLong(),
                        null))
                .hasStatus(204);
        assertThat(web.get()
                        .uri(API + "/tables")
                        .header("Authorization", bearer)
                        .exchange())
                .hasStatus(401);
    }

    @Test
    void aSessionEndsWhenItsUserIsDisabled() {
        post("/users", "{\"name\":\"vera\",\"password\":\"" + PASSWORD + "\",\"role\":\"AUDITOR\"}", 201);
        MockHttpSession vera = session("vera");
        assertThat(web.get().uri("/tables").session(vera).exchange()).hasStatus(200);
        assertThat(call("admin", HttpMethod.PATCH, "/users/vera", "{\"enabled\":false}"))
                .hasStatus(200);
        assertThat(web.get().uri("/tables").session(vera).exchange())
                .hasStatus(302)
                .hasRedirectedUrl("/login?ended");
    }

    @Test
    void theLastAdministratorStays() {
        MvcTestResult refused = call("admin", HttpMethod.PATCH, "/users/admin", "{\"role\":\"AUDITOR\"}");
        assertThat(refused).hasStatus(409);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nothing  | audit | 404 | no table public.nothing",
                "keyed    | audit | 409 | is registered with the id",
                "keyless  | redis | 422 | ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
                "fleeting | audit | 422 | SET LOGGED",
                "seen     | audit | 422 | is a view",
                "fleeting | solr  | 422 | elasticsearch, redis, audit"
            })
    void aTableThatCannotBeCapturedIsRefusedWithTheWayOut(String table, String sink, int status, String said) {
        assertThat(post("/tables", table(table, sink), status).get("detail").stringValue())
                .contains(said);
    }

    @Test
    void aTableWhoseKeysInRedisWouldBeAmongAnothersIsRefused() throws SQLException {
        sql("admin_source", "CREATE TABLE crow (id bigint PRIMARY KEY)", "CREATE TABLE crowd (id bigint PRIMARY KEY)");
        long crow = post("/tables", table("crow", "redis"), 201).get("id").asLong();
        sql(
                "admin_platform",
                "UPDATE millrace.sink_binding SET options = '{\"key\":\"src:public.crow{id}\"}' WHERE table_id = "
                        + crow);
        assertThat(post("/tables", table("crowd", "redis"), 422).get("detail").stringValue())
                .contains(
                        "Keys of src.public.crow begin with src:public.crow, those of public.crowd with src:public.crowd:")
                .contains("choose a beginning that neither shares");
        post("/tables", table("crowd", "audit"), 201);
    }

    @Test
    void aTableWithoutAKeyIsTakenForTheHistoryAloneAndMayBeRemoved() {
        JsonNode registered = post("/tables", table("journal", "audit"), 201);
        assertThat(registered.get("state").stringValue()).isEqualTo("PENDING");
        long id = registered.get("id").asLong();
        MvcTestResult removed = call("olga", HttpMethod.DELETE, "/tables/" + id, null);
        assertThat(removed).hasStatus(202);
        assertThat(body(removed).get("state").stringValue()).isEqualTo("REMOVING");
    }

    @Test
    void whatAnotherSitesPageMakesABrowserSendIsRefused() {
        var pause = web.post().uri(API + "/tables/1/pause").with(httpBasic("admin", PASSWORD));
        assertThat(pause.header("Sec-Fetch-Site", "cross-site").exchange())
                .hasStatus(403)
                .bodyText()
                .contains("Another site's page asked for this");
        assertThat(web.get()
                        .uri(API + "/tables")
                        .with(httpBasic("admin", PASSWORD))
                        .header("Sec-Fetch-Site", "cross-site")
                        .exchange())
                .hasStatus(200);
    }

    @Test
    void aSnapshotIsAskedForSteeredAndRefusedWithASentence() throws Exception {
        long table = get("/tables?source=src&table=lines")
                .get("items")
                .get(0)
                .get("id")
                .asLong();
        String path = "/tables/" + table + "/snapshots";
        assertThat(post(path, null, 409).get("detail").stringValue()).contains("Resume it first");
        sql("admin_platform", "UPDATE millrace.captured_table SET state = 'STREAMING' WHERE id = " + table);

        assertThat(post(path, "{\"filter\":\"code = 'x'; DROP TABLE lines\"}", 422)
                        .get("detail")
                        .stringValue())
                .contains("no semicolon");
        assertThat(post(path, "{\"filter\":\"kode = 'x'\"}", 422).get("detail").stringValue())
                .contains("kode");
        JsonNode asked = post(path, "{\"filter\":\" code = 'x' \"}", 201);
        assertThat(asked.get("filter").stringValue()).isEqualTo("code = 'x'");
        assertThat(asked.get("phase").stringValue()).isEqualTo("READING");
        assertThat(asked.get("requestedBy").stringValue()).isEqualTo("admin");
        String one = path + "/" + asked.get("id").asLong();
        assertThat(get(one).get("rowsPerSecond").isNull()).isTrue();
        sql(
                "admin_platform",
                "UPDATE millrace.table_snapshot SET state = 'RUNNING', rows_done = 500, rows_estimated = 2000,"
                        + " rows_per_second = 250.5, seconds_left = 6 WHERE id = " + asked.get("id"));
        JsonNode running = get(one);
        assertThat(running.get("rowsPerSecond").asDouble()).isEqualTo(250.5);
        assertThat(running.get("secondsLeft").asLong()).isEqualTo(6);
        assertThat(post(one + "/pause", null, 200).get("state").stringValue()).isEqualTo("PAUSED");
        assertThat(post(one + "/pause", null, 409).get("detail").stringValue()).contains("is paused");
        assertThat(post(path, "{\"filter\":\"code = 'x'\"}", 409).get("detail").stringValue())
                .contains("Resume it, or cancel it");
        post("/tables/" + (table + 1) + "/snapshots/" + asked.get("id").asLong() + "/cancel", null, 404);
        assertThat(get(one).get("state").stringValue()).isEqualTo("PAUSED");
        assertThat(post(one + "/resume", null, 200).get("state").stringValue()).isEqualTo("REQUESTED");
        assertThat(post(one + "/cancel", null, 200).get("state").stringValue()).isEqualTo("CANCELLED");
        assertThat(get(one).get("message").stringValue()).isEqualTo("Cancelled by admin.");
        assertThat(get(path).get("items").get(0).get("id")).isEqualTo(asked.get("id"));
        assertThat(call("rolf", HttpMethod.POST, one + "/resume", null)).hasStatus(403);
        assertThat(call("admin", HttpMethod.GET, "/tables/999999/snapshots/1", null))
                .hasStatus(404);
        assertThat(web.get().uri("/tables/" + table).session(session("olga")).exchange())
                .hasStatus(200)
                .bodyText()
                .contains("Read rows again")
                .contains("code = &#39;x&#39;");
        sql("admin_platform", "UPDATE millrace.captured_table SET state = 'PENDING' WHERE id = " + table);
    }

    @Test
    void deliveryOfATableToOneSinkIsPausedAndResumedThroughApiAndPage() {
        String path = "/sinks/redis/tables/1";
        assertThat(get(path).get("state").stringValue()).isEqualTo("ACTIVE");

        JsonNode paused = post(path + "/pause", null, 200);
        assertThat(List.of(paused.get("sink").stringValue(), paused.get("state").stringValue()))
                .containsExactly("redis", "PAUSED");
        assertThat(get(path).get("state").stringValue()).isEqualTo("PAUSED");
        assertThat(get(path).get("message").stringValue()).isEqualTo("Paused by admin.");
        assertThat(get("/sinks/audit/tables/1").get("state").stringValue()).isEqualTo("ACTIVE");
        assertThat(post(path + "/resume", null, 200).get("state").stringValue()).isEqualTo("ACTIVE");
        assertThat(get(path).get("state").stringValue()).isEqualTo("ACTIVE");
        assertThat(get(path).path("message").asString("")).isEmpty();

        assertThat(web.post()
                        .uri(path + "/pause")
                        .session(session("rolf"))
                        .with(csrf())
                        .exchange())
                .hasStatus(403);
        assertThat(get(path).get("state").stringValue()).isEqualTo("ACTIVE");
        MockHttpSession olga = session("olga");
        assertThat(web.post().uri(path + "/pause").session(olga).with(csrf()).exchange())
                .hasStatus(302)
                .hasRedirectedUrl(path);
        assertThat(get(path).get("message").stringValue()).isEqualTo("Paused by olga.");
        assertThat(web.get().uri(path).session(olga).exchange())
                .hasStatus(200)
                .bodyText()
                .contains("Paused: changes wait in Kafka")
                .contains("/sinks/redis/tables/1/resume");
        assertThat(web.post().uri(path + "/resume").session(olga).with(csrf()).exchange())
                .hasStatus(302)
                .hasRedirectedUrl(path);
        assertThat(get(path).get("state").stringValue()).isEqualTo("ACTIVE");
    }

    @Test
    void aSinkThatAWorkerPublishesIsOfferedAndAsksForAKeyOnlyWhereItNeedsOne() throws SQLException {
        sql("admin_source", "CREATE TABLE unkeyed (name text)");
        assertThat(post("/tables", table("unkeyed", "webhook-crm"), 422)
                        .get("detail")
                        .stringValue())
                .contains("There is no sink named 'webhook-crm'");
        sql(
                "admin_platform",
                "INSERT INTO millrace.sink (name, title, purpose, needs_key) VALUES"
                        + " ('webhook-crm', 'Webhook-crm', 'To the CRM.', false), ('vault', 'Vault', '', true),"
                        + " ('webhook-old', 'Webhook-old', '', false)",
                "UPDATE millrace.sink SET published_at = now() - interval '11 minutes' WHERE name = 'webhook-old'");
        org.awaitility.Awaitility.await()
                .untilAsserted(() -> assertThat(get("/sinks").get("items").findValuesAsString("name"))
                        .containsExactly("elasticsearch", "redis", "audit", "vault", "webhook-crm"));
        post("/tables", table("unkeyed", "vault"), 422);
        long id =
                post("/tables", table("unkeyed", "webhook-crm"), 201).get("id").asLong();
        assertThat(call("olga", HttpMethod.DELETE, "/tables/" + id, null)).hasStatus(202);
        sql("admin_platform", "DELETE FROM millrace.sink");
    }

    @Test
    void aSourceThatDoesNotAnswerIsRefusedAndAPasswordNeverComesBack() {
        assertThat(post("/sources", source("lost", "no_such_database"), 422)
                        .get("detail")
                        .stringValue())
                .contains("no_such_database");
        assertThat(get("/sources").toString()).doesNotContain("assword");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "elasticsearch | {\"mapping\":{\"nope\":\"text\"}}   | mapping.nope | has no column named 'nope'",
                "elasticsearch | {\"mapping\":{\"name\":\"long\"}}   | mapping.name | it can be: text+keyword, text",
                "elasticsearch | {\"mapping\":7}                    | mapping      | must be an object",
                "redis         | {\"format\":\"xml\"}               | format       | json or hash",
                "redis         | {\"timeToLive\":\"soon\"}          | timeToLive   | for example 7d",
                "redis         | {\"key\":\"k:{name}\"}             | key          | {name} is no key column of public.keyed",
                "redis         | {\"key\":\"k:all\"}                | key          | Rows would share keys",
                "redis         | {\"key\":\"{id}\"}                 | key          | must begin with text",
                "redis         | {\"key\":\"millrace:v:{id}\"}      | key          | Millrace's own",
                "redis         | {\"key\":\"k:{id\"}                | key          | A brace stands alone",
                "redis         | {\"key\":\"k:{id}{key}\"}          | key          | Between two values"
            })
    void optionsThatCannotHoldAreRefusedBesideTheirMember(String sink, String options, String member, String said) {
        MvcTestResult refused = call("olga", HttpMethod.PUT, "/sinks/" + sink + "/tables/1/options", options);
        assertThat(refused).hasStatus(422);
        assertThat(body(refused).get("members").get(member).stringValue()).contains(said);
    }

    @Test
    void optionsAreSavedShownAndHaveEntriesMadeAnew() {
        assertThat(call(
                        "olga",
                        HttpMethod.PUT,
                        "/sinks/redis/tables/1/options",
                        "{\"format\":\"hash\",\"key\":\"k:{id}\"}"))
                .hasStatus(200);
        assertThat(get("/sinks/redis/tables/1/options").get("key").stringValue())
                .isEqualTo("k:{id}");
        assertThat(get("/sinks/redis/tables/1/rebuild").get("state").stringValue())
                .isEqualTo("REQUESTED");
        assertThat(call("olga", HttpMethod.POST, "/sinks/redis/tables/1/rebuild", null))
                .hasStatus(409);
        assertThat(call("olga", HttpMethod.POST, "/sinks/redis/tables/1/rebuild/rollback", null))
                .hasStatus(409);
        assertThat(call("olga", HttpMethod.POST, "/sinks/redis/tables/1/rebuild/cancel", null))
                .hasStatus(200);
    }

    @Test
    void keysThatCannotBeToldFromFormerOnesAreRefusedAndARefillThatIsOpenHoldsUpTheChange() throws SQLException {
        String path = "/sinks/redis/tables/%d/options"
                .formatted(
                        post("/tables", table("former", "redis"), 201).get("id").asLong());
        for (String overlapping :
                List.of("src:public.former:row:{id}", "src:public.forme{id}", "src:public.former:{id}")) {
            MvcTestResult refused = call("olga", HttpMethod.PUT, path, "{\"key\":\"%s\"}".formatted(overlapping));
            assertThat(refused).as(overlapping).hasStatus(422);
            assertThat(body(refused).get("members").get("key").stringValue())
                    .contains("begin with src:public.former:", "such as v2:");
        }
        assertThat(call("olga", HttpMethod.PUT, path, "{\"key\":\"f:{id}\"}")).hasStatus(200);
        assertThat(call("olga", HttpMethod.PUT, path, "{\"key\":\"g:{id}\"}")).hasStatus(409);
        assertThat(get(path).get("key").stringValue()).isEqualTo("f:{id}");
        assertThat(places("former")).containsExactly("{\"formerPrefixes\": [\"src:public.former:\"]}");

        sql(
                "admin_platform",
                "UPDATE millrace.sink_rebuild SET state = 'CANCELLED', finished_at = now() WHERE finished_at IS NULL"
                        + " AND place->'formerPrefixes' IS NOT NULL AND place->'formerPrefixes'->>0 = 'src:public.former:'");
        MvcTestResult back = call("olga", HttpMethod.PUT, path, "{}");
        assertThat(back).as("entries that nobody removed stand there").hasStatus(422);
        assertThat(body(back).get("members").get("key").stringValue()).contains("Rebuild the table's entries first");
        assertThat(call("olga", HttpMethod.POST, path.replace("options", "rebuild"), null))
                .hasStatus(202);
        assertThat(call("olga", HttpMethod.POST, path.replace("options", "rebuild"), null))
                .as("somebody else's rebuild is not the answer")
                .hasStatus(409);
        assertThat(places("former"))
                .as("the next refill removes what the cancelled one left")
                .containsExactly(
                        "{\"formerPrefixes\": [\"src:public.former:\"]}",
                        "{\"formerPrefixes\": [\"src:public.former:\"]}");
    }

    @Test
    void keysOfATableAreNotAmongThoseThatAnotherOnesRefillIsToRemove() throws SQLException {
        sql(
                "admin_source",
                "CREATE TABLE moved (id bigint PRIMARY KEY)",
                "CREATE TABLE moved_in (id bigint PRIMARY KEY)");
        long moved = post("/tables", table("moved", "redis"), 201).get("id").asLong();
        assertThat(call(
                        "olga",
                        HttpMethod.PUT,
                        "/sinks/redis/tables/%d/options".formatted(moved),
                        "{\"key\":\"src:public.moved_in:{id}\"}"))
                .hasStatus(200);
        finishRefill(moved, "DONE");
        assertThat(call(
                        "olga",
                        HttpMethod.PUT,
                        "/sinks/redis/tables/%d/options".formatted(moved),
                        "{\"key\":\"m:{id}\"}"))
                .hasStatus(200);
        finishRefill(moved, "CANCELLED");
        for (int guarded = 0; guarded < 21; guarded++) {
            sql(
                    "admin_platform",
                    "INSERT INTO millrace.sink_rebuild (table_id, sink, kind, reason, place, keep_for, requested_by, state, finished_at)"
                            + " VALUES (%d, 'redis', 'REFILL', 'lost', '{}', interval '1h', 'millrace', 'DONE', now())"
                                    .formatted(moved));
        }
        assertThat(post("/tables", table("moved_in", "redis"), 422)
                        .get("detail")
                        .stringValue())
                .contains("Below src:public.moved_in: still stand entries that src.public.moved had");
        long other = post("/tables", table("moved_in", "audit"), 201).get("id").asLong();
        assertThat(other).isPositive();
        sql(
                "admin_platform",
                "UPDATE millrace.sink_rebuild SET state = 'DONE' WHERE state = 'CANCELLED' AND table_id = " + moved);
    }

    private void finishRefill(long table, String state) throws SQLException {
        sql(
                "admin_platform",
                "UPDATE millrace.sink_rebuild SET state = '%s', finished_at = now() WHERE finished_at IS NULL AND table_id = %d"
                        .formatted(state, table));
    }

    private List<String> places(String table) throws SQLException {
        List<String> places = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(
                        stack.postgresJdbcUrl("admin_platform"),
                        LocalStack.POSTGRES_USER,
                        LocalStack.POSTGRES_PASSWORD);
                java.sql.PreparedStatement statement = connection.prepareStatement(
                        "SELECT r.place::text FROM millrace.sink_rebuild r JOIN millrace.captured_table t ON t.id = r.table_id"
                                + " WHERE t.table_name = ? ORDER BY r.id")) {
            statement.setString(1, table);
            java.sql.ResultSet rows = statement.executeQuery();
            while (rows.next()) {
                places.add(rows.getString(1));
            }
        }
        return places;
    }

    @Test
    void formShowsWhatIsWrongBesideTheField() {
        MvcTestResult page = web.post()
                .uri("/tables/1/sinks/redis/options")
                .session(session("olga"))
                .with(csrf())
                .param("format", "json")
                .param("key", "nothing")
                .param("timeToLive", "7d")
                .exchange();
        assertThat(page).hasStatus(200);
        assertThat(page).bodyText().contains("Rows would share keys", "value=\"nothing\"", "value=\"7d\"");
    }

    @Test
    void rebuildIsAskedForOnceAndItsPageOffersWhatCanBeDone() throws Exception {
        JsonNode started = post("/sinks/elasticsearch/tables/1/rebuild?keep=24h", null, 202);
        assertThat(started.get("kind").stringValue()).isEqualTo("REBUILD");
        assertThat(started.get("canCancel").booleanValue()).isTrue();
        assertThat(call("olga", HttpMethod.POST, "/sinks/elasticsearch/tables/1/rebuild", null))
                .hasStatus(409);
        assertThat(call("olga", HttpMethod.POST, "/sinks/elasticsearch/tables/1/rebuild?keep=soon", null))
                .hasStatus(400);
        MvcTestResult page = web.get()
                .uri("/tables/1/sinks/elasticsearch")
                .session(session("olga"))
                .exchange();
        assertThat(page).bodyText().contains("requested", ">Cancel</button>").doesNotContain(">Rebuild</button>");

        long id = started.get("id").longValue();
        Rebuilds rebuilds = application.getBean(Rebuilds.class);
        rebuilds.compared(id, new Comparison(7, 8, 7, 0, 0, 0, 1, List.of()));
        assertThat(rebuildCard("rolf")).contains("8 in the new index", "Newer, or only, in the new index");
        sql("admin_platform", "UPDATE millrace.sink_rebuild SET keep_until = now() WHERE id = " + id);
        rebuilds.compared(id, new Comparison(9, 6, 6, 3, 0, 0, 0, List.of()));
        sql("admin_platform", "UPDATE millrace.sink_rebuild SET keep_until = NULL WHERE id = " + id);
        assertThat(rebuildCard("rolf"))
                .contains("6 in the index gone back to", "Newer, or only, in the index gone back to")
                .doesNotContain("in the new index");
        assertThat(get("/sinks/elasticsearch/tables/1/rebuild")
                        .get("comparedBack")
                        .booleanValue())
                .isTrue();

        assertThat(rebuilds.different(
                        id,
                        RebuildState.REQUESTED,
                        new Comparison(9, 6, 4, 3, 2, 0, 0, List.of()),
                        "Three are missing"))
                .isTrue();
        assertThat(rebuildCard("olga"))
                .contains("name=\"missing\" value=\"3\"", "name=\"older\" value=\"2\"", "Exchange in spite of this");
        String accept = "/sinks/elasticsearch/tables/1/rebuild/accept";
        assertThat(body(call("olga", HttpMethod.POST, accept + "?missing=2&older=2", null))
                        .get("detail")
                        .stringValue())
                .contains("has changed since you looked");
        assertThat(call("olga", HttpMethod.POST, accept + "?missing=3&older=1", null))
                .hasStatus(409);
        assertThat(get("/sinks/elasticsearch/tables/1/rebuild").get("wish").isNull())
                .isTrue();
        MvcTestResult accepted = web.post()
                .uri("/tables/1/sinks/elasticsearch/rebuild/accept")
                .session(session("olga"))
                .with(csrf())
                .param("missing", "3")
                .param("older", "2")
                .exchange();
        assertThat(accepted).hasStatus3xxRedirection();
        assertThat(get("/sinks/elasticsearch/tables/1/rebuild").get("wish").stringValue())
                .isEqualTo("ACCEPT");
    }

    private String rebuildCard(String reader) throws Exception {
        return web.get()
                .uri("/tables/1/sinks/elasticsearch/rebuild")
                .session(session(reader))
                .exchange()
                .getResponse()
                .getContentAsString();
    }

    @Test
    void aSourceWhoseUserMayNotReplicateIsRefusedWithTheStatement() throws SQLException {
        sql("admin_source", "CREATE ROLE reader LOGIN PASSWORD 'reader'");
        String reader = source("read_only", "admin_source").replace("\"postgres\"", "\"reader\"");
        assertThat(post("/sources", reader, 422).get("detail").stringValue())
                .contains("may not replicate")
                .contains("ALTER ROLE \"reader\" WITH REPLICATION");
    }

    @Test
    void aSourceIsReachedAnotherWayOnlyIfThatWorksAndAuditorsMayNot() {
        MvcTestResult wrong = call("admin", HttpMethod.PATCH, "/sources/src", "{\"password\":\"wrong\"}");
        assertThat(wrong).hasStatus(422);
        assertThat(body(wrong).get("detail").stringValue()).contains("password authentication failed");
        assertThat(get("/sources/src/preflight").get("pass").asBoolean()).isTrue();

        MvcTestResult changed = call("admin", HttpMethod.PATCH, "/sources/src", "{\"host\":\"127.0.0.1\"}");
        assertThat(changed).hasStatus(200);
        assertThat(body(changed).get("host").stringValue()).isEqualTo("127.0.0.1");
        assertThat(get("/sources/src/preflight").get("pass").asBoolean())
                .as("the password stayed")
                .isTrue();
        assertThat(call("olga", HttpMethod.PATCH, "/sources/src", "{\"host\":\"localhost\"}"))
                .hasStatus(403);
        assertThat(call("admin", HttpMethod.PATCH, "/sources/none", "{}")).hasStatus(404);
    }

    @Test
    void whatARemovedSourceLeavesOnItsServerIsLoggedBeforeItIsDropped() throws SQLException {
        sql("postgres", "CREATE DATABASE admin_leaving");
        post("/sources", source("leaving", "admin_leaving"), 201);
        sql("admin_leaving", "SELECT pg_create_logical_replication_slot('millrace_leaving', 'pgoutput')");
        List<String> logged = new ArrayList<>();
        AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                if (event.getLevel() == Level.WARN) {
                    logged.add((hasSlot("millrace_leaving") ? "before: " : "too late: ") + event.getFormattedMessage());
                }
            }
        };
        Logger logger = (Logger) LoggerFactory.getLogger("io.millrace.admin.sources.SourceRemoval");
        appender.start();
        logger.addAppender(appender);
        try {
            assertThat(call("admin", HttpMethod.DELETE, "/sources/leaving", null))
                    .hasStatus(200);
        } finally {
            logger.detachAppender(appender);
        }
        assertThat(hasSlot("millrace_leaving")).isFalse();
        assertThat(logged)
                .singleElement()
                .asString()
                .startsWith("before: ")
                .contains(
                        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'millrace_leaving';",
                        "DROP PUBLICATION IF EXISTS \"millrace_leaving\";");
    }

    private boolean hasSlot(String slot) {
        try (Connection connection = DriverManager.getConnection(
                        stack.postgresJdbcUrl("postgres"), LocalStack.POSTGRES_USER, LocalStack.POSTGRES_PASSWORD);
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT 1 FROM pg_replication_slots WHERE slot_name = '" + slot + "'")) {
            return row.next();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void historyIsPagedWithoutGapsOrRepeats() {
        for (String filter : List.of("key=42&", "")) {
            List<String> seen = new ArrayList<>();
            String cursor = "";
            do {
                JsonNode page = get("/history?source=src&schema=public&table=keyed&" + filter + "limit=10" + cursor);
                page.get("items").forEach(item -> seen.add(item.get("eventId").stringValue()));
                JsonNode next = page.get("next");
                cursor = next.isNull() ? null : "&cursor=" + next.stringValue();
            } while (cursor != null);
            assertThat(seen).hasSize(25).doesNotHaveDuplicates();
            assertThat(seen.get(0)).isEqualTo("src-1-0000000000000118-00000000");
        }
    }

    @Test
    void anEventHoldsImagesAsJsonAndIsFoundByItsId() {
        JsonNode event = get("/history/src-1-0000000000000105-00000000");
        assertThat(event.get("key").get("id").asInt()).isEqualTo(42);
        assertThat(event.get("after").get("name").stringValue()).isEqualTo("<b>n5</b>");
        assertThat(event.get("changedColumns").get(0).stringValue()).isEqualTo("name");
        assertThat(call("rolf", HttpMethod.GET, "/history/src-1-0000000000000199-00000000", null))
                .hasStatus(404);
        assertThat(call("rolf", HttpMethod.GET, "/history?key=42", null)).hasStatus(400);
        assertThat(call("rolf", HttpMethod.GET, "/history?from=yesterday", null))
                .hasStatus(400);
    }

    @Test
    void valuesOfRowsAreEscapedOnPages() {
        MvcTestResult page = web.get()
                .uri("/history/row?source=src&schema=public&table=keyed&key=42")
                .session(session("rolf"))
                .exchange();
        assertThat(page).hasStatus(200);
        assertThat(page).bodyText().contains("&lt;b&gt;n5&lt;/b&gt;").doesNotContain("<b>n5</b>", "style=\"");
    }

    @Test
    void aBarrierThatIsNotReachedSaysWhatIsBehind() {
        MvcTestResult result = call("olga", HttpMethod.POST, "/barrier?timeout=200ms", null);
        assertThat(result).hasStatus(504).hasContentType(MediaType.APPLICATION_PROBLEM_JSON);
        assertThat(body(result).get("detail").stringValue())
                .contains("Capture of src is at no position yet")
                .contains("src.public.keyed is pending");
        assertThat(call("olga", HttpMethod.POST, "/barrier?timeout=soon", null)).hasStatus(400);
    }
}
