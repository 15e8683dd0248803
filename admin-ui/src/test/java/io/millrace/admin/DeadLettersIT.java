package io.millrace.admin;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.csrf;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.httpBasic;
import static org.springframework.security.test.web.servlet.request.SecurityMockMvcRequestPostProcessors.user;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.LetterCauses;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.Offsets.Advance;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.Shapings;
import io.millrace.catalog.SinkBinding;
import io.millrace.catalog.SinkDescription;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableRegistration;
import io.millrace.catalog.TableState;
import io.millrace.catalog.shaping.Mask;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.event.EventHeaders;
import io.millrace.event.SourcePosition;
import io.millrace.event.TableId;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.test.web.servlet.assertj.MvcTestResult;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What people decide about dead letters and deliveries, as the catalog has it afterwards; doing it is the workers' part. */
@ExtendWith(LocalStackExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeadLettersIT {

    private static final String PASSWORD = TestConsole.PASSWORD;

    private final JsonMapper json = JsonMapper.builder().build();
    private LocalStack stack;
    private ConfigurableApplicationContext application;
    private MockMvcTester web;
    private JdbcTemplate sql;
    private Offsets offsets;
    private PipelineCatalog catalog;
    private CapturedTable table;

    @BeforeAll
    void start(LocalStack shared) throws Exception {
        stack = shared;
        application = TestConsole.start(stack, "admin_letters");
        web = TestConsole.web(application);
        sql = application.getBean(JdbcTemplate.class);
        offsets = application.getBean(Offsets.class);
        catalog = application.getBean(PipelineCatalog.class);
        catalog.addSource(Source.of("letters", "localhost", 1, "letters", "nobody", "x", "disable"), "test");
        table = catalog.register(new TableRegistration(
                "letters",
                new TableId("public", "orders"),
                List.of("id"),
                List.of(
                        new io.millrace.catalog.Column("id", "int4", "int4", 0L, false),
                        new io.millrace.catalog.Column("email", "text", "text", 0L, true)),
                ReplicaIdentity.FULL,
                Set.of("redis", "audit", "webhook"),
                "test"));
        catalog.tableState(table.id(), TableState.STREAMING, null);
        fillTopic();
    }

    /** 100 changes at commit LSN 0x100, 0x110, ... in one partition, with a snapshot read between each two. */
    private void fillTopic() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", stack.kafkaBootstrapServers()));
                var producer = new KafkaProducer<>(
                        Map.of(
                                "bootstrap.servers",
                                stack.kafkaBootstrapServers(),
                                ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
                                1),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            // the times of its records are long past
            admin.createTopics(List.of(new NewTopic(table.topic(), 1, (short) 1).configs(Map.of("retention.ms", "-1"))))
                    .all()
                    .get();
            for (int i = 0; i < 100; i++) {
                producer.send(at(new SourcePosition(1, 0x100 + 0x10 * i, 0), 1_000_000L + i));
                producer.send(at(SourcePosition.ofRead(1, 0x50, i), 1_000_000L + i));
            }
            producer.flush();
        }
    }

    private ProducerRecord<byte[], byte[]> at(SourcePosition position, long time) {
        var record = new ProducerRecord<>(table.topic(), 0, time, new byte[] {1}, new byte[] {1});
        record.headers().add(EventHeaders.POSITION, position.toString().getBytes(StandardCharsets.UTF_8));
        return record;
    }

    @AfterAll
    void stop() {
        application.close();
    }

    @BeforeEach
    void letters() {
        sql.update("DELETE FROM millrace.dead_letter");
        letter(1, "redis", 42, "OPEN", "value <b>too long</b>");
        letter(2, "redis", 43, "OPEN", "value of the wrong type");
        letter(3, "audit", 42, "OPEN", "no JSON");
        letter(4, "audit", 42, "WAITING", "An earlier change of this row is a dead letter");
        sql.update("DELETE FROM millrace.delivery_offset");
        offsets.advance(
                "audit",
                List.of(new Advance(new TopicPartitionId(table.topic(), 0), 0, 0, 200, null, Instant.EPOCH, 200)));
    }

    private void letter(int offset, String sink, int key, String state, String cause) {
        sql.update(
                """
                INSERT INTO millrace.dead_letter (sink, topic, partition, record_offset, source, schema_name, table_name, key, key_hash,
                    event_id, category, cause, detail, payload, state)
                VALUES (?, ?, 0, ?, 'letters', 'public', 'orders', ?::jsonb, ?, ?, 'REJECTED', ?, 'at somewhere', '{"after":{}}', ?)
                """,
                sink,
                table.topic(),
                offset,
                "{\"id\":" + key + "}",
                key,
                "letters-1-0000000000000100-0000000" + offset,
                cause,
                state);
    }

    private long id(int offset) {
        return sql.queryForObject("SELECT id FROM millrace.dead_letter WHERE record_offset = ?", Long.class, offset);
    }

    private String stateOf(int offset) {
        return sql.queryForObject(
                "SELECT state FROM millrace.dead_letter WHERE record_offset = ?", String.class, offset);
    }

    private MvcTestResult call(HttpMethod method, String path, String body) {
        var request =
                web.method(method).uri(java.net.URI.create("/api/v1" + path)).with(httpBasic("admin", PASSWORD));
        return (body == null
                        ? request
                        : request.contentType(MediaType.APPLICATION_JSON).content(body))
                .exchange();
    }

    private JsonNode answer(MvcTestResult result, int status) {
        assertThat(result).hasStatus(status);
        return json.readTree(result.getResponse().getContentAsByteArray());
    }

    private List<Integer> listed(String filter) {
        return answer(call(HttpMethod.GET, "/dead-letters?" + filter, null), 200)
                .get("items")
                .valueStream()
                .map(item -> item.get("offset").asInt())
                .toList();
    }

    @Test
    void filtersFindWhatTheySay() {
        assertThat(listed("")).containsExactly(4, 3, 2, 1);
        assertThat(listed("sink=redis")).containsExactly(2, 1);
        assertThat(listed("state=WAITING")).containsExactly(4);
        assertThat(listed("key=43")).containsExactly(2);
        assertThat(listed("key=%7B%22id%22:42%7D")).containsExactly(4, 3, 1);
        answer(call(HttpMethod.GET, "/dead-letters?key=%7Bnonsense", null), 400);
        assertThat(listed("q=WRONG%20type")).containsExactly(2);
        assertThat(listed("source=letters&schema=public&table=orders&sink=audit"))
                .containsExactly(4, 3);
        assertThat(listed("table=nothing")).isEmpty();
    }

    @Test
    void oneIsShownWithAllThatIsKnown() {
        JsonNode letter = answer(call(HttpMethod.GET, "/dead-letters/" + id(1), null), 200);
        assertThat(letter.get("payload").asString()).isEqualTo("{\"after\":{}}");
        assertThat(letter.get("detail").asString()).isEqualTo("at somewhere");
        assertThat(letter.get("occurrences").asInt()).isEqualTo(1);
        assertThat(letter.get("firstAttemptAt").asString()).isNotBlank();
        MvcTestResult page = web.get()
                .uri("/dead-letters/" + id(1))
                .with(user("anna").roles("AUDITOR"))
                .exchange();
        assertThat(page)
                .bodyText()
                .contains("value &lt;b&gt;too long&lt;/b&gt;")
                .doesNotContain("/retry\"", "Discard");
    }

    @Test
    void aRetryIsAskedForOnceAndTellsByWhom() {
        JsonNode letter = answer(call(HttpMethod.POST, "/dead-letters/" + id(1) + "/retry", null), 200);
        assertThat(letter.get("state").asString()).isEqualTo("RETRYING");
        assertThat(letter.get("decidedBy").asString()).isEqualTo("admin");
        answer(call(HttpMethod.POST, "/dead-letters/" + id(1) + "/retry", null), 409);
        assertThat(stateOf(2)).isEqualTo("OPEN");
    }

    @Test
    void aRetryThatComesToNothingCanBeGivenUp() {
        answer(call(HttpMethod.POST, "/dead-letters/" + id(1) + "/retry", null), 200);
        assertThat(web.get()
                        .uri("/dead-letters/" + id(1))
                        .with(user("olga").roles("OPERATOR"))
                        .exchange())
                .bodyText()
                .contains("Discard it to give it up", "/dead-letters/" + id(1) + "/discard");
        String path = "/dead-letters/" + id(1) + "/discard";
        JsonNode letter = answer(call(HttpMethod.POST, path, "{\"reason\":\"never mind\"}"), 200);
        assertThat(letter.get("state").asString()).isEqualTo("DISCARDED");
    }

    @Test
    void allOpenOnesThatMatchAreRetried() {
        assertThat(answer(call(HttpMethod.POST, "/dead-letters/retry?key=42", null), 200)
                        .get("count")
                        .asInt())
                .isEqualTo(2);
        assertThat(List.of(stateOf(1), stateOf(2), stateOf(3), stateOf(4)))
                .containsExactly("RETRYING", "OPEN", "RETRYING", "WAITING");
    }

    @Test
    void whatWaitsCannotBeRetriedBeforeTheOneInFront() {
        JsonNode problem = answer(call(HttpMethod.POST, "/dead-letters/" + id(4) + "/retry", null), 409);
        assertThat(problem.get("detail").asString()).contains("It waits behind " + id(3));
    }

    @Test
    void aDiscardNeedsAReasonAndKeepsIt() {
        String path = "/dead-letters/" + id(1) + "/discard";
        answer(call(HttpMethod.POST, path, null), 400);
        answer(call(HttpMethod.POST, path, "{\"reason\":\"  \"}"), 400);
        assertThat(stateOf(1)).isEqualTo("OPEN");
        JsonNode letter = answer(call(HttpMethod.POST, path, "{\"reason\":\"a test order\"}"), 200);
        assertThat(letter.get("state").asString()).isEqualTo("DISCARDED");
        assertThat(letter.get("reason").asString()).isEqualTo("a test order");
        assertThat(letter.get("decidedBy").asString()).isEqualTo("admin");
        assertThat(letter.get("decidedAt").asString()).isNotBlank();
        answer(call(HttpMethod.POST, "/dead-letters/" + id(1) + "/retry", null), 409);
        assertThat(answer(call(HttpMethod.POST, "/dead-letters/discard?sink=redis", "{\"reason\":\"cleared\"}"), 200)
                        .get("count")
                        .asInt())
                .isEqualTo(1);
        assertThat(stateOf(3)).isEqualTo("OPEN");
    }

    @Test
    void aParameterThatThereIsNotIsRefusedAndNotTakenForAll() {
        assertThat(answer(call(HttpMethod.POST, "/dead-letters/discard?tabel=orders", "{\"reason\":\"cleared\"}"), 400)
                        .get("detail")
                        .asString())
                .isEqualTo(
                        "There is no parameter 'tabel' here, and nothing was done. Give some of sink, topic, source, schema,"
                                + " table, key, q; without any all open dead letters are meant.");
        answer(call(HttpMethod.POST, "/dead-letters/retry?sink=redis&state=WAITING", null), 400);
        assertThat(List.of(stateOf(1), stateOf(2), stateOf(3), stateOf(4)))
                .containsExactly("OPEN", "OPEN", "OPEN", "WAITING");
    }

    @Test
    void anOperatorsFormsDoTheSameAndAnAuditorsAreRefused() {
        var form = web.post()
                .uri("/dead-letters/discard")
                .with(csrf())
                .param("sink", "redis")
                .param("reason", "cleared");
        assertThat(form.with(user("rolf").roles("AUDITOR")).exchange()).hasStatus(403);
        assertThat(stateOf(1)).isEqualTo("OPEN");
        assertThat(web.post()
                        .uri("/dead-letters/discard")
                        .with(csrf())
                        .with(user("olga").roles("OPERATOR"))
                        .param("sink", "redis")
                        .param("reason", "cleared")
                        .exchange())
                .hasStatus(302);
        assertThat(List.of(stateOf(1), stateOf(2), stateOf(3))).containsExactly("DISCARDED", "DISCARDED", "OPEN");
    }

    private void holds(int offset, String payload, String cause) {
        sql.update(
                "UPDATE millrace.dead_letter SET payload = ?, cause = ? WHERE record_offset = ?",
                payload,
                cause,
                offset);
    }

    private String everythingOf(String sink) {
        return String.join(
                "\n",
                sql.queryForList(
                        "SELECT d::text FROM millrace.dead_letter d WHERE sink = ? ORDER BY id", String.class, sink));
    }

    @Test
    void aMaskHoldsForLettersThatWereKeptBeforeItWasDeclared() {
        String planted = "planted-5ecret-0042";
        String payload = "{\"before\":{\"id\":42,\"email\":\"" + planted
                + "\"},\"after\":{\"id\":42,\"email\":\"__debezium_unavailable_value\"},\"op\":\"u\"}";
        holds(1, payload, "cannot take '" + planted + "'");
        holds(2, payload.substring(0, 40), "cannot take '" + planted + "'");
        holds(3, payload, "no JSON, but '" + planted + "'");
        String shaping = "/sinks/redis/tables/" + table.id() + "/shaping";
        answer(call(HttpMethod.PUT, shaping, "{\"masks\":{\"email\":{\"kind\":\"HASH\"}}}"), 200);
        try {
            assertThat(everythingOf("redis")).doesNotContain(planted);
            assertThat(everythingOf("audit"))
                    .as("of another sink, which gets it")
                    .contains(planted);
            String hash = shapings().maskingKey().hash(planted.getBytes(StandardCharsets.UTF_8));
            String masked = payload.replace(planted, hash);
            JsonNode letter = answer(call(HttpMethod.GET, "/dead-letters/" + id(1), null), 200);
            assertThat(letter.get("payload").asString()).isEqualTo(masked);
            assertThat(letter.get("masked").toString()).isEqualTo("[\"email\"]");
            assertThat(letter.get("cause").asString()).startsWith("Not shown:").contains("Retried");
            JsonNode cut = answer(call(HttpMethod.GET, "/dead-letters/" + id(2), null), 200);
            assertThat(cut.get("payload").isNull()).isTrue();

            // as a console that declares them and comes no further
            letters();
            holds(1, payload, "cannot take '" + planted + "'");
            SinkBinding binding = binding();
            shapings().declare(table.id(), "redis", binding.shaping(), binding.shapingVersion(), "test");
            assertThat(listed("sink=redis&q=" + planted)).isEmpty();
            letter = answer(call(HttpMethod.GET, "/dead-letters/" + id(1), null), 200);
            assertThat(letter.get("payload").asString()).isEqualTo(masked);
            assertThat(everythingOf("redis")).doesNotContain(planted);
            assertThat(web.get()
                            .uri("/dead-letters/" + id(1))
                            .with(user("anna").roles("AUDITOR"))
                            .exchange())
                    .bodyText()
                    .contains(hash, "Masked: email")
                    .doesNotContain(planted);

            answer(call(HttpMethod.PUT, shaping, "{\"masks\":{\"email\":{\"kind\":\"NULL\"}}}"), 200);
            letter = answer(call(HttpMethod.GET, "/dead-letters/" + id(1), null), 200);
            assertThat(letter.get("payload").asString())
                    .isEqualTo(payload.replace('"' + planted + '"', "null")
                            .replace("\"__debezium_unavailable_value\"", "null"));
        } finally {
            answer(call(HttpMethod.PUT, shaping, "{}"), 200);
        }
    }

    private Shapings shapings() {
        return application.getBean(Shapings.class);
    }

    private SinkBinding binding() {
        return catalog.table(table.id()).orElseThrow().sinks().stream()
                .filter(one -> one.sink().equals("redis"))
                .findFirst()
                .orElseThrow();
    }

    /** Its payload is masked already, and must not be masked twice. */
    @Test
    void whatWasSaidOfALetterWhileItsMaskWasLiftedIsMaskedWithTheNextOne() {
        String planted = "planted-5ecret-0046";
        String shaping = "/sinks/redis/tables/" + table.id() + "/shaping";
        holds(1, "{\"before\":null,\"after\":{\"id\":42,\"email\":\"" + planted + "\"},\"op\":\"c\"}", "refused");
        answer(call(HttpMethod.PUT, shaping, "{\"masks\":{\"email\":{\"kind\":\"HASH\"}}}"), 200);
        try {
            String masked = answer(call(HttpMethod.GET, "/dead-letters/" + id(1), null), 200)
                    .get("payload")
                    .asString();
            answer(call(HttpMethod.PUT, shaping, "{}"), 200);
            // as its worker notes what comes of a retry
            sql.update(
                    "UPDATE millrace.dead_letter SET cause = ?, said_under = '{}' WHERE record_offset = 1",
                    "cannot take '" + planted + "'");
            answer(call(HttpMethod.PUT, shaping, "{\"masks\":{\"email\":{\"kind\":\"HASH\"}}}"), 200);
            JsonNode letter = answer(call(HttpMethod.GET, "/dead-letters/" + id(1), null), 200);
            assertThat(letter.get("cause").asString()).isEqualTo(LetterCauses.UNSAID);
            assertThat(letter.get("payload").asString()).isEqualTo(masked).doesNotContain(planted);
        } finally {
            answer(call(HttpMethod.PUT, shaping, "{}"), 200);
        }
    }

    @Test
    void lettersOfATableThatIsRegisteredAnewAreMaskedAsThatSays() {
        String planted = "planted-5ecret-0047";
        sql.update("""
                INSERT INTO millrace.dead_letter (sink, topic, partition, record_offset, category, cause, payload)
                VALUES ('redis', 'letters.public.again', 0, 77, 'REJECTED', ?, ?)
                """, "cannot take '" + planted + "'", "{\"after\":{\"id\":1,\"email\":\"" + planted + "\"}}");
        Shaping masked = new Shaping(null, Map.of(), Map.of("email", Mask.of(Mask.Kind.NULL)), null, List.of());
        CapturedTable again = catalog.register(new TableRegistration(
                "letters",
                new TableId("public", "again"),
                List.of("id"),
                table.columns(),
                ReplicaIdentity.FULL,
                Set.of("redis"),
                "test",
                Map.of("redis", masked.toJson())));
        try {
            assertThat(again.topic()).isEqualTo("letters.public.again");
            JsonNode letter = answer(call(HttpMethod.GET, "/dead-letters/" + id(77), null), 200);
            assertThat(letter.get("payload").asString()).isEqualTo("{\"after\":{\"id\":1,\"email\":null}}");
            assertThat(letter.get("cause").asString()).isEqualTo(LetterCauses.UNSAID);
            assertThat(everythingOf("redis")).doesNotContain(planted);
        } finally {
            catalog.removeTable(again.id());
        }
    }

    @Test
    void whatIsMaskedAsDeclaredIsNotGoneThroughAgain() {
        String shaping = "/sinks/redis/tables/" + table.id() + "/shaping";
        answer(call(HttpMethod.PUT, shaping, "{\"masks\":{\"email\":{\"kind\":\"HASH\"}}}"), 200);
        try {
            // no worker would write it so: had it been looked at, it would be masked
            holds(1, "unlike any other", "nobody looks at this");
            sql.update("UPDATE millrace.dead_letter SET masks = NULL, said_under = '{}' WHERE record_offset = 1");
            listed("sink=redis");
            assertThat(everythingOf("redis")).contains("unlike any other", "nobody looks at this");
        } finally {
            answer(call(HttpMethod.PUT, shaping, "{}"), 200);
        }
    }

    /** One that waited and was retried is still of that category, and its cause what the sink said. */
    @Test
    void aMaskLeavesOfCausesOnlyMillracesOwnWordsHoweverManyLettersThereAre() {
        String planted = "planted-5ecret-0043";
        for (int offset = 5; offset <= 124; offset++) {
            letter(offset, "redis", offset, "OPEN", "cannot take '" + planted + "'");
        }
        holds(1, null, "cannot take '" + planted + "' now");
        holds(2, null, LetterCauses.BEHIND);
        sql.update("UPDATE millrace.dead_letter SET category = 'BEHIND' WHERE record_offset < 3");
        sql.update("UPDATE millrace.dead_letter SET said_under = NULL WHERE record_offset = 2");
        String shaping = "/sinks/redis/tables/" + table.id() + "/shaping";
        answer(call(HttpMethod.PUT, shaping, "{\"masks\":{\"email\":{\"kind\":\"HASH\"}}}"), 200);
        try {
            assertThat(sql.queryForList(
                            "SELECT record_offset || ' ' || cause FROM millrace.dead_letter WHERE record_offset < 3 ORDER BY id",
                            String.class))
                    .containsExactly("1 " + LetterCauses.UNSAID, "2 " + LetterCauses.BEHIND);
            assertThat(everythingOf("redis")).doesNotContain(planted);
        } finally {
            answer(call(HttpMethod.PUT, shaping, "{}"), 200);
        }
    }

    private JsonNode rewind(String to, int status) {
        return answer(
                call(HttpMethod.POST, "/sinks/audit/tables/" + table.id() + "/rewind", "{\"to\":\"" + to + "\"}"),
                status);
    }

    private long next() {
        return offsets.deliveries("audit").get(0).nextOffset();
    }

    @Test
    void aRewindGoesToTheBeginningATimeOrAPosition() {
        assertThat(rewind("beginning", 200).get("records").asInt()).isEqualTo(200);
        assertThat(offsets.deliveries("audit").get(0))
                .matches(offset -> offset.nextOffset() == 0 && offset.replayUntil() == 200 && offset.rewinds() == 1);

        letters();
        rewind(Instant.ofEpochMilli(1_000_050).toString(), 200);
        assertThat(next()).isEqualTo(100);

        letters();
        rewind("0/" + Long.toHexString(0x100 + 0x10 * 30), 200);
        assertThat(next()).as("behind the change before it").isBetween(59L, 60L);

        letters();
        rewind(new SourcePosition(1, 0x100 + 0x10 * 70 - 3, 0).eventId("letters"), 200);
        assertThat(next()).isBetween(139L, 140L);
    }

    @Test
    void aRewindThatCannotBeIsRefusedWithTheWayOut() {
        assertThat(rewind("yesterday", 400).get("detail").asString())
                .contains("beginning")
                .contains("0/16B3748");
        assertThat(rewind("2099-01-01T00:00:00Z", 409).get("detail").asString()).contains("Rewind further back");
        assertThat(next()).isEqualTo(200);
    }

    @Test
    void aRewindToBeforeWhatTheSinkRemembersIsRefusedWithTheWayOut() {
        String path = "/sinks/redis/tables/" + table.id() + "/rewind";
        catalog.publishSinks(List.of(new SinkDescription(
                "redis",
                "Redis",
                "",
                true,
                new SinkDescription.Memory(Duration.ofDays(8), "deleted rows", "millrace.sinks.redis.tombstone-ttl"))));
        offsets.advance(
                "redis",
                List.of(new Advance(new TopicPartitionId(table.topic(), 0), 0, 0, 200, null, Instant.EPOCH, 200)));
        assertThat(answer(call(HttpMethod.POST, path, "{\"to\":\"beginning\"}"), 409)
                        .get("detail")
                        .asString())
                .contains("redis remembers deleted rows for 192 h (millrace.sinks.redis.tombstone-ttl)")
                .contains("/api/v1/sinks/redis/tables/" + table.id() + "/rebuild");
        assertThat(offsets.deliveries("redis").get(0).nextOffset()).isEqualTo(200);

        catalog.publishSinks(List.of(new SinkDescription("redis", "Redis", "", true)));
        answer(call(HttpMethod.POST, path, "{\"to\":\"beginning\"}"), 200);
        assertThat(offsets.deliveries("redis").get(0).nextOffset()).isLessThan(200);
        sql.update("DELETE FROM millrace.sink");
    }

    private JsonNode rewindWebhook(String to, int status) {
        return answer(
                call(HttpMethod.POST, "/sinks/webhook/tables/" + table.id() + "/rewind", "{\"to\":\"" + to + "\"}"),
                status);
    }

    private DeliveryOffset webhook() {
        return offsets.deliveries("webhook").get(0);
    }

    @Test
    void aSinkOfEffectsThatWasRewoundTooFarIsTakenForwardToWhereItWas() {
        catalog.publishSinks(List.of(new SinkDescription(
                "webhook",
                "Webhook",
                "",
                false,
                new SinkDescription.Memory(Duration.ofDays(8), "effects", "millrace.sync.deduplication.retention"))));
        offsets.advance(
                "webhook",
                List.of(new Advance(new TopicPartitionId(table.topic(), 0), 0, 0, 150, null, Instant.EPOCH, 150)));
        assertThat(rewindWebhook("beginning", 409).get("detail").asString())
                .startsWith("webhook remembers effects for 192 h (millrace.sync.deduplication.retention): given older"
                        + " changes again, it would act on them a second time. Rewind to ")
                .doesNotContain("rebuild");
        assertThat(webhook().nextOffset()).isEqualTo(150);

        // in time when it was asked for, too old once it was resumed
        offsets.rewind("webhook", Map.of(new TopicPartitionId(table.topic(), 0), 20L));
        String later = Instant.ofEpochMilli(1_000_050).toString();
        assertThat(rewindWebhook(later, 409).get("title").asString())
                .as("while it runs, what was asked for before stays asked for")
                .isEqualTo("Nothing to deliver again");
        catalog.bindingState(table.id(), "webhook", BindingState.FAILED, "It was rewound too far");
        assertThat(rewindWebhook(later, 409).get("title").asString()).isEqualTo("Too far back");
        assertThat(webhook().nextOffset()).isEqualTo(20);

        JsonNode moved = rewindWebhook(Instant.now().toString(), 200);
        assertThat(moved.get("records").asInt()).isZero();
        assertThat(moved.get("partitions").get(0).toString())
                .isEqualTo("{\"partition\":0,\"from\":20,\"to\":150,\"until\":150}");
        assertThat(webhook())
                .as("what it never had is not passed over")
                .matches(offset -> offset.nextOffset() == 150 && offset.replayUntil() == 150 && !offset.replays());
        assertThat(rewindWebhook("2099-01-01T00:00:00Z", 409).get("title").asString())
                .isEqualTo("Nothing to deliver again");
        catalog.bindingState(table.id(), "webhook", BindingState.ACTIVE, null);
        sql.update("DELETE FROM millrace.sink");
    }

    @Test
    void aDeliveryThatFailedWhileItRepeatsGoesOnWithLessOfThat() {
        offsets.rewind("audit", Map.of(new TopicPartitionId(table.topic(), 0), 20L));
        catalog.bindingState(table.id(), "audit", BindingState.FAILED, "It stopped on the way");
        assertThat(rewind(Instant.ofEpochMilli(1_000_050).toString(), 200)
                        .get("records")
                        .asInt())
                .isEqualTo(100);
        assertThat(offsets.deliveries("audit").get(0))
                .matches(offset -> offset.nextOffset() == 100 && offset.replayUntil() == 200);
        catalog.bindingState(table.id(), "audit", BindingState.ACTIVE, null);
    }

    @Test
    void aBindingShowsEachPartitionAndWhatItWaitsFor() {
        offsets.waiting("audit", List.of(new TopicPartitionId(table.topic(), 0)), "The database is full");
        JsonNode binding = answer(call(HttpMethod.GET, "/sinks/audit/tables/" + table.id(), null), 200);
        assertThat(binding.get("partitions").get(0).get("next").asInt()).isEqualTo(200);
        assertThat(binding.get("partitions").get(0).get("end").asInt()).isEqualTo(200);
        assertThat(binding.get("partitions").get(0).get("waitingFor").asString())
                .isEqualTo("The database is full");
        assertThat(binding.get("partitions").get(0).get("waitingSince").asString())
                .isNotBlank();
        assertThat(binding.get("deadLetters").get("open").asInt()).isEqualTo(1);
        assertThat(binding.get("deadLetters").get("waiting").asInt()).isEqualTo(1);
    }

    @Test
    void resumingInATopicThatWasMadeAnewSetsTheLettersOfTheFormerOneApart() {
        sql.update("DELETE FROM millrace.delivery_offset");
        // 5,000 records of the former topic; the one there is holds 200
        offsets.advance(
                "redis",
                List.of(new Advance(new TopicPartitionId(table.topic(), 0), 0, 0, 5000, null, Instant.EPOCH, 1)));
        letter(900, "redis", 44, "WAITING", "behind");
        letter(-3, "redis", 44, "OPEN", "of the topic before that");
        catalog.bindingState(table.id(), "redis", BindingState.FAILED, "The topic was made anew");
        sql.update("UPDATE millrace.table_snapshot SET state = 'DONE' WHERE table_id = ?", table.id());
        String rewind = "/sinks/redis/tables/" + table.id() + "/rewind";
        assertThat(answer(call(HttpMethod.POST, rewind, "{\"to\":\"beginning\"}"), 409)
                        .get("detail")
                        .asString())
                .contains("resume redis first");
        answer(call(HttpMethod.POST, "/sinks/redis/tables/" + table.id() + "/resume", null), 200);

        assertThat(sql.queryForList(
                        "SELECT sink || ' ' || record_offset || ' ' || cause FROM millrace.dead_letter ORDER BY sink, record_offset",
                        String.class))
                .containsExactly(
                        "audit 3 no JSON",
                        "audit 4 An earlier change of this row is a dead letter",
                        "redis -7 of the topic before that",
                        "redis -6 value <b>too long</b>",
                        "redis -5 value of the wrong type",
                        "redis -4 behind");
        assertThat(offsets.deliveries("redis").get(0).nextOffset()).isLessThan(200);

        catalog.bindingState(table.id(), "redis", BindingState.FAILED, "Something else");
        assertThat(answer(call(HttpMethod.POST, rewind, "{\"to\":\"2099-01-01T00:00:00Z\"}"), 409)
                        .get("title")
                        .asString())
                .as("the former topic counted further, but of this one nothing was given")
                .isEqualTo("Nothing to deliver again");
        catalog.bindingState(table.id(), "redis", BindingState.ACTIVE, null);
        sql.update("UPDATE millrace.table_snapshot SET state = 'DONE' WHERE table_id = ?", table.id());
    }

    @Test
    void aTopicThatHasGrownPastTheSinkIsToldFromTheFormerOneByItsId() {
        sql.update("DELETE FROM millrace.delivery_offset");
        TopicPartitionId partition = new TopicPartitionId(table.topic(), 0);
        offsets.topics("redis", Map.of(partition, new UUID(1, 2)));
        offsets.advance("redis", List.of(new Advance(partition, 0, 0, 100, null, Instant.EPOCH, 1)));
        catalog.bindingState(table.id(), "redis", BindingState.FAILED, "The topic was made anew");
        sql.update("UPDATE millrace.table_snapshot SET state = 'DONE' WHERE table_id = ?", table.id());
        String redis = "/sinks/redis/tables/" + table.id();
        assertThat(answer(call(HttpMethod.POST, redis + "/rewind", "{\"to\":\"beginning\"}"), 409)
                        .get("title")
                        .asString())
                .isEqualTo("The topic was made anew");
        answer(call(HttpMethod.POST, redis + "/resume", null), 200);

        assertThat(offsets.deliveries("redis").get(0)).satisfies(offset -> {
            assertThat(offset.nextOffset()).isLessThan(100);
            assertThat(offset.topicId()).isNotNull().isNotEqualTo(new UUID(1, 2));
        });
        assertThat(sql.queryForObject(
                        "SELECT count(*) FROM millrace.dead_letter WHERE sink = 'redis' AND record_offset >= 0",
                        Integer.class))
                .as("of the former topic")
                .isZero();
        answer(call(HttpMethod.POST, redis + "/rewind", "{\"to\":\"2099-01-01T00:00:00Z\"}"), 409);
        sql.update("UPDATE millrace.table_snapshot SET state = 'DONE' WHERE table_id = ?", table.id());
    }

    @Test
    void resumingOverDeletedRecordsAsksForASnapshotAndSaysWhatIsLost() throws Exception {
        String topic = table.topic();
        sql.update("DELETE FROM millrace.delivery_offset");
        offsets.advance("redis", List.of(new Advance(new TopicPartitionId(topic, 0), 0, 0, 3, null, Instant.EPOCH, 3)));
        catalog.bindingState(table.id(), "redis", BindingState.FAILED, "Offsets 3 to 9 were deleted");
        sql.update("UPDATE millrace.table_snapshot SET state = 'DONE' WHERE table_id = ?", table.id());
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", stack.kafkaBootstrapServers()))) {
            admin.deleteRecords(Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(10)))
                    .all()
                    .get();
        }
        JsonNode resumed = answer(call(HttpMethod.POST, "/sinks/redis/tables/" + table.id() + "/resume", null), 200);
        assertThat(resumed.get("state").asString()).isEqualTo("ACTIVE");
        assertThat(offsets.deliveries("redis").get(0).nextOffset()).isEqualTo(10);
        assertThat(catalog.openSnapshots()).anyMatch(snapshot -> snapshot.tableId() == table.id());
    }

    @Test
    void ofTwoWhoResumeOverDeletedRecordsAtOnceOneIsRefused() throws Exception {
        TopicPartitionId partition = new TopicPartitionId(table.topic(), 0);
        sql.update("DELETE FROM millrace.delivery_offset");
        offsets.topics("redis", Map.of(partition, new UUID(1, 2)));
        offsets.advance("redis", List.of(new Advance(partition, 0, 0, 100, null, Instant.EPOCH, 1)));
        catalog.bindingState(table.id(), "redis", BindingState.FAILED, "The topic was made anew");
        sql.update("UPDATE millrace.table_snapshot SET state = 'DONE' WHERE table_id = ?", table.id());
        String resume = "/sinks/redis/tables/" + table.id() + "/resume";
        ExecutorService people = Executors.newFixedThreadPool(2);
        try (Connection holder = requireNonNull(sql.getDataSource()).getConnection()) {
            holder.setAutoCommit(false);
            holder.createStatement()
                    .execute("SELECT 1 FROM millrace.sink_binding WHERE table_id = " + table.id() + " FOR UPDATE");
            List<Future<Integer>> answers = new ArrayList<>();
            for (int person = 0; person < 2; person++) {
                answers.add(people.submit(
                        () -> call(HttpMethod.POST, resume, null).getResponse().getStatus()));
            }
            await().until(() -> sql.queryForObject(
                            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%sink_binding%'",
                            Integer.class)
                    == 2);
            holder.rollback();
            assertThat(List.of(answers.get(0).get(), answers.get(1).get())).containsExactlyInAnyOrder(200, 409);
        } finally {
            people.shutdownNow();
        }
        assertThat(offsets.deliveries("redis").get(0).nextOffset()).isLessThan(100);
        assertThat(catalog.openSnapshots().stream().filter(snapshot -> snapshot.tableId() == table.id()))
                .hasSize(1);
        sql.update("UPDATE millrace.table_snapshot SET state = 'DONE' WHERE table_id = ?", table.id());
    }

    @Test
    void aResumeWhoseSnapshotCannotBeAskedForChangesNothingAndTheNextFindsTheGapAgain() {
        sql.update("DELETE FROM millrace.delivery_offset");
        TopicPartitionId partition = new TopicPartitionId(table.topic(), 0);
        offsets.topics("redis", Map.of(partition, new UUID(1, 2)));
        offsets.advance("redis", List.of(new Advance(partition, 0, 0, 100, null, Instant.EPOCH, 1)));
        catalog.bindingState(table.id(), "redis", BindingState.FAILED, "The topic was made anew");
        sql.update("UPDATE millrace.table_snapshot SET state = 'DONE' WHERE table_id = ?", table.id());
        List<Map<String, Object>> before = sql.queryForList("SELECT * FROM millrace.dead_letter ORDER BY id");
        String resume = "/sinks/redis/tables/" + table.id() + "/resume";
        sql.execute("ALTER TABLE millrace.table_snapshot ADD CONSTRAINT refused_by_test CHECK (false) NOT VALID");
        try {
            answer(call(HttpMethod.POST, resume, null), 503);
        } finally {
            sql.execute("ALTER TABLE millrace.table_snapshot DROP CONSTRAINT refused_by_test");
        }
        assertThat(offsets.deliveries("redis").get(0)).satisfies(offset -> {
            assertThat(offset.nextOffset()).isEqualTo(100);
            assertThat(offset.topicId()).isEqualTo(new UUID(1, 2));
        });
        assertThat(sql.queryForList("SELECT * FROM millrace.dead_letter ORDER BY id"))
                .isEqualTo(before);
        assertThat(answer(call(HttpMethod.GET, "/sinks/redis/tables/" + table.id(), null), 200)
                        .get("state")
                        .asString())
                .isEqualTo("FAILED");

        answer(call(HttpMethod.POST, resume, null), 200);
        assertThat(offsets.deliveries("redis").get(0).nextOffset()).isLessThan(100);
        assertThat(catalog.openSnapshots()).anyMatch(snapshot -> snapshot.tableId() == table.id());
        sql.update("UPDATE millrace.table_snapshot SET state = 'DONE' WHERE table_id = ?", table.id());
    }
}
