package io.millrace.sync.shaping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.Alerts;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.MaskingKey;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.Shapings;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableState;
import io.millrace.catalog.shaping.Computed;
import io.millrace.catalog.shaping.Mask;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.SyncWorkersApplication;
import io.millrace.sync.fixture.Platform;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.fixture.TestTopics;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
class ShapingIT {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Path LOG = Path.of("target/shaping-it.log");
    private static final String PLANTED = "planted-5ecret-4711";

    private static final List<Column> COLUMNS = List.of(
            new Column("id", "integer", "int4", 23, false),
            TestTables.column("email", "text"),
            TestTables.column("total", "numeric"),
            TestTables.column("status", "text"),
            TestTables.column("big", "int8"));

    private final HttpClient http = HttpClient.newHttpClient();
    private LocalStack stack;
    private ConfigurableApplicationContext application;
    private PipelineCatalog catalog;
    private Shapings shapings;
    private Offsets offsets;
    private JdbcTemplate sql;
    private MaskingKey key;
    private KafkaProducer<byte[], byte[]> producer;
    private CapturedTable table;
    private TestEvents events;
    private long sent;

    @BeforeAll
    void start(LocalStack shared) throws Exception {
        stack = shared;
        Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
        Files.deleteIfExists(LOG);
        producer = TestTopics.producer(shared);
        application = Platform.run(
                stack,
                "shaping",
                SyncWorkersApplication.class,
                List.of(
                        "--millrace.sync.delivery.backoff-max=500ms",
                        "--logging.file.name=" + LOG,
                        "--logging.level.io.millrace=TRACE"));
        catalog = application.getBean(PipelineCatalog.class);
        shapings = application.getBean(Shapings.class);
        offsets = application.getBean(Offsets.class);
        sql = application.getBean(JdbcTemplate.class);
        key = shapings.maskingKey();
        catalog.addSource(Source.of("shop", "localhost", 1, "shop", "nobody", "x", "disable"), "test");
    }

    @AfterAll
    void stop() {
        application.close();
        producer.close();
    }

    @BeforeEach
    void ownTable() throws Exception {
        CapturedTable registered = catalog.register(TestTables.registration(
                TestTables.uniqueName("orders"), COLUMNS, Set.of("elasticsearch", "redis", "audit")));
        TestTopics.create(stack, registered.topic(), 2);
        table = registered;
        events = new TestEvents(table);
        sent = 0;
    }

    private void declare(String sink, Shaping shaping) {
        int version = catalog.table(table.id()).orElseThrow().sinks().stream()
                .filter(binding -> binding.sink().equals(sink))
                .findFirst()
                .orElseThrow()
                .shapingVersion();
        assertThat(shapings.declare(table.id(), sink, shaping == null ? null : shaping.toJson(), version, "test"))
                .isEqualTo(version + 1);
    }

    private void stream() {
        catalog.tableState(table.id(), TableState.STREAMING, null);
    }

    private static String id(int id) {
        return "{\"id\":" + id + "}";
    }

    private static String row(int id, String email, String total, String status) {
        return "{\"id\":" + id + ",\"email\":\"" + email + "\",\"total\":" + (total == null ? null : '"' + total + '"')
                + ",\"status\":\"" + status + "\",\"big\":9007199254740993}";
    }

    private void send(ChangeEvent... batch) throws Exception {
        for (ChangeEvent event : batch) {
            producer.send(events.record(event, null)).get();
        }
        sent += batch.length;
    }

    /** Waits until a sink has passed everything. */
    private void delivered(String... sinks) {
        for (String sink : sinks) {
            await().untilAsserted(() -> assertThat(offsets.deliveries(sink).stream()
                            .filter(offset -> offset.topic().equals(table.topic()))
                            .mapToLong(DeliveryOffset::nextOffset)
                            .sum())
                    .as(sink)
                    .isEqualTo(sent));
        }
    }

    private Map<String, String> inElasticsearch() throws Exception {
        String index = stack.elasticsearchUri() + "/" + table.topic();
        http.send(HttpRequest.newBuilder(URI.create(index + "/_refresh")).build(), BodyHandlers.discarding());
        JsonNode found = JSON.readTree(http.send(
                        HttpRequest.newBuilder(URI.create(index + "/_search?size=100"))
                                .build(),
                        BodyHandlers.ofString())
                .body());
        Map<String, String> rows = new TreeMap<>();
        found.path("hits")
                .path("hits")
                .forEach(hit ->
                        rows.put(hit.path("_id").asString(), hit.path("_source").toString()));
        return rows;
    }

    private Map<String, String> inRedis() {
        return entries("shop:public." + table.table().table() + ":");
    }

    private Map<String, String> entries(String prefix) {
        Map<String, String> rows = new TreeMap<>();
        try (var client = io.lettuce.core.RedisClient.create("redis://localhost:" + stack.redisPort());
                var connection = client.connect()) {
            connection
                    .sync()
                    .keys(prefix + "*")
                    .forEach(found -> rows.put(
                            found.substring(prefix.length()), connection.sync().get(found)));
        }
        return rows;
    }

    private List<String> inHistory() {
        return sql.queryForList(
                "SELECT operation || ' ' || coalesce(before::text, '-') || ' ' || coalesce(after::text, '-') || ' '"
                        + " || array_to_string(changed_columns, ',') || ' ' || array_to_string(masked_columns, ',')"
                        + " FROM millrace.change_history WHERE table_name = ? ORDER BY commit_lsn, ordinal",
                String.class,
                table.table().table());
    }

    @Test
    void everySinkHoldsItsOwnShapeOfTheRowsAndOnlyThose() throws Exception {
        declare(
                "elasticsearch",
                new Shaping(
                        null,
                        Map.of("total", "amount", "id", "order"),
                        Map.of("email", Mask.of(Mask.Kind.HASH)),
                        "total != null && total >= decimal('10')",
                        List.of(
                                new Computed("gross", "total == null ? decimal('0') : total * decimal('1.19')"),
                                new Computed("large", "big > 9007199254740992"))));
        declare(
                "redis",
                new Shaping(
                        List.of("id", "email", "status"),
                        Map.of("status", "state"),
                        Map.of("email", Mask.partial(1, 4)),
                        "status != 'hidden'",
                        List.of()));
        declare(
                "audit",
                new Shaping(
                        List.of("id", "email", "total"),
                        Map.of(),
                        Map.of("email", Mask.of(Mask.Kind.NULL)),
                        null,
                        List.of()));
        stream();
        String ada = "ada@example.org";
        send(
                events.create(id(1), row(1, ada, "12.50", "paid")),
                events.create(id(2), row(2, "bob@example.org", "9.99", "paid")),
                events.create(id(3), row(3, "cyd@example.org", "30", "hidden")),
                events.create(id(4), row(4, "dan@example.org", "40", "paid")),
                // comes to pass the filter of one sink
                events.update(
                        id(2), row(2, "bob@example.org", "9.99", "paid"), row(2, "bea@example.org", "10.00", "paid")),
                // comes to pass that of the other
                events.update(
                        id(3), row(3, "cyd@example.org", "30", "hidden"), row(3, "cyd@example.org", "30", "open")),
                // no longer pass
                events.update(id(1), row(1, ada, "12.50", "paid"), row(1, ada, "1", "hidden")),
                events.delete(id(4)));
        delivered("elasticsearch", "redis", "audit");

        assertThat(inElasticsearch())
                .isEqualTo(Map.of(
                        "2",
                        "{\"order\":2,\"email\":\"" + key.hash("bea@example.org".getBytes(StandardCharsets.UTF_8))
                                + "\",\"amount\":\"10.00\",\"status\":\"paid\",\"big\":9007199254740993,\"gross\":\"11.9000\","
                                + "\"large\":true}",
                        "3",
                        "{\"order\":3,\"email\":\"" + key.hash("cyd@example.org".getBytes(StandardCharsets.UTF_8))
                                + "\",\"amount\":\"30\",\"status\":\"open\",\"big\":9007199254740993,\"gross\":\"35.70\","
                                + "\"large\":true}"));
        assertThat(inRedis())
                .isEqualTo(Map.of(
                        "2", "{\"id\":2,\"email\":\"b***.org\",\"state\":\"paid\"}",
                        "3", "{\"id\":3,\"email\":\"c***.org\",\"state\":\"open\"}"));
        assertThat(inHistory())
                .containsExactly(
                        "create - {\"id\": 1, \"email\": null, \"total\": \"12.50\"}  email",
                        "create - {\"id\": 2, \"email\": null, \"total\": \"9.99\"}  email",
                        "create - {\"id\": 3, \"email\": null, \"total\": \"30\"}  email",
                        "create - {\"id\": 4, \"email\": null, \"total\": \"40\"}  email",
                        "update {\"id\": 2, \"email\": null, \"total\": \"9.99\"} {\"id\": 2, \"email\": null, \"total\": \"10.00\"}"
                                + " total,email email",
                        "update {\"id\": 3, \"email\": null, \"total\": \"30\"} {\"id\": 3, \"email\": null, \"total\": \"30\"}  email",
                        "update {\"id\": 1, \"email\": null, \"total\": \"12.50\"} {\"id\": 1, \"email\": null, \"total\": \"1\"}"
                                + " total email",
                        "delete {\"id\": 4} -  email");
    }

    @Test
    void newShapeHoldsForReadsThatWereMadeAfterItWasDeclared() throws Exception {
        stream();
        send(
                events.create(id(1), row(1, "ada@example.org", "12.50", "paid")),
                events.create(id(2), row(2, "bob@example.org", "9.99", "paid")));
        delivered("elasticsearch", "redis");
        assertThat(inRedis()).hasSize(2);
        // at once: the reads must not be shaped as was last seen
        declare("redis", new Shaping(List.of("id", "status"), Map.of(), Map.of(), "id == 1", List.of()));
        send(
                events.read(id(1), row(1, "ada@example.org", "12.50", "paid"), TestEvents.nextLsn()),
                events.read(id(2), row(2, "bob@example.org", "9.99", "paid"), TestEvents.nextLsn()));
        delivered("elasticsearch", "redis");
        assertThat(inRedis()).isEqualTo(Map.of("1", "{\"id\":1,\"status\":\"paid\"}"));
        assertThat(inElasticsearch()).hasSize(2);
    }

    @Test
    void rowThatComesToPassWithoutItsLargeValueIsAskedForAndComesWithTheAnswer() throws Exception {
        Shaping paid = new Shaping(null, Map.of(), Map.of(), "status == 'paid'", List.of());
        declare("elasticsearch", paid);
        declare("redis", paid);
        stream();
        String unsent =
                "{\"id\":1,\"email\":\"__debezium_unavailable_value\",\"total\":\"1\",\"status\":\"paid\",\"big\":1}";
        send(events.create(id(1), row(1, "large", "1", "open")));
        delivered("elasticsearch", "redis");
        send(events.update(id(1), null, unsent, "email"));
        delivered("elasticsearch", "redis");
        assertThat(inElasticsearch()).isEmpty();
        assertThat(inRedis()).isEmpty();
        assertThat(letters()).isEmpty();
        assertThat(askedFor()).containsExactly(id(1));
        send(events.read(id(1), row(1, "large", "1", "paid"), TestEvents.nextLsn()));
        delivered("elasticsearch", "redis");
        assertThat(inElasticsearch()).containsOnlyKeys("1");
        assertThat(inRedis()).isEqualTo(Map.of("1", row(1, "large", "1", "paid")));
        // now there is something to take it from
        send(events.update(id(1), null, unsent.replace("\"1\"", "\"2\""), "email"));
        delivered("elasticsearch", "redis");
        assertThat(inRedis()).isEqualTo(Map.of("1", row(1, "large", "2", "paid").replace("9007199254740993", "1")));
    }

    @Test
    void optionsThatWereChangedHoldForAShapedTable() throws Exception {
        declare("redis", new Shaping(List.of("id", "status"), Map.of(), Map.of(), null, List.of()));
        stream();
        send(events.create(id(1), row(1, "ada@example.org", "1", "paid")));
        delivered("redis");
        String name = table.table().table();
        catalog.bindingOptions(table.id(), "redis", "{\"key\":\"" + name + "/{id}\"}");
        // what workers saw of the catalog before must be older than any change that they are given
        AtomicInteger row = new AtomicInteger(1);
        await().untilAsserted(() -> {
            int next = row.incrementAndGet();
            send(events.create(id(next), row(next, "ada@example.org", "1", "paid")));
            delivered("redis");
            assertThat(entries(name + "/")).containsKey(String.valueOf(next));
        });
    }

    @Test
    void rowThatWasMadeAgainBehindTheFilterAndComesToPassWithinOneBatchIsAskedFor() throws Exception {
        Shaping paid = new Shaping(null, Map.of(), Map.of(), "status == 'paid'", List.of());
        declare("elasticsearch", paid);
        declare("redis", paid);
        String unsent =
                "{\"id\":1,\"email\":\"__debezium_unavailable_value\",\"total\":\"2\",\"status\":\"paid\",\"big\":1}";
        // all there before delivery begins: one batch
        send(
                events.create(id(1), row(1, "former", "1", "paid")),
                events.delete(id(1)),
                events.create(id(1), row(1, "large", "2", "open")),
                events.update(id(1), null, unsent, "email"));
        stream();
        delivered("elasticsearch", "redis");
        assertThat(inElasticsearch()).isEmpty();
        assertThat(inRedis()).isEmpty();
        assertThat(askedFor()).containsExactly(id(1));
        send(events.read(id(1), row(1, "large", "2", "paid"), TestEvents.nextLsn()));
        delivered("elasticsearch", "redis");
        assertThat(inElasticsearch()).isEqualTo(Map.of("1", row(1, "large", "2", "paid")));
        assertThat(inRedis()).isEqualTo(Map.of("1", row(1, "large", "2", "paid")));
    }

    @Test
    void rowWhoseFilterNeedsWhatWasNotSentIsAskedForByStatesAndADeadLetterOfALog() throws Exception {
        Shaping example = new Shaping(null, Map.of(), Map.of(), "email.endsWith('example.org')", List.of());
        declare("elasticsearch", example);
        declare("redis", example);
        // stands for a webhook, a log that takes computed fields
        declare(
                "audit",
                new Shaping(null, Map.of(), Map.of(), null, List.of(new Computed("at", "email + ' ' + status"))));
        stream();
        send(events.create(id(1), row(1, "ada@example.org", "1", "open")));
        delivered("elasticsearch", "redis", "audit");
        String unsent =
                "{\"id\":1,\"email\":\"__debezium_unavailable_value\",\"total\":\"2\",\"status\":\"paid\",\"big\":1}";
        send(events.update(id(1), null, unsent, "email"));
        delivered("elasticsearch", "redis", "audit");
        assertThat(askedFor()).containsExactly(id(1));
        assertThat(letters()).singleElement().asString().startsWith("audit: The computed field at needs email");
        assertThat(inRedis()).isEqualTo(Map.of("1", row(1, "ada@example.org", "1", "open")));
        send(events.read(id(1), row(1, "ada@example.org", "2", "paid"), TestEvents.nextLsn()));
        delivered("elasticsearch", "redis");
        assertThat(inRedis()).isEqualTo(Map.of("1", row(1, "ada@example.org", "2", "paid")));
        assertThat(inElasticsearch()).isEqualTo(Map.of("1", row(1, "ada@example.org", "2", "paid")));
    }

    /** The keys of rows that capture is asked to read again: no capture runs here, so none is answered. */
    private List<String> askedFor() {
        return sql.queryForList(
                "SELECT key FROM millrace.reread WHERE table_id = ? ORDER BY id", String.class, table.id());
    }

    private List<String> letters() {
        return sql.queryForList(
                "SELECT sink || ': ' || cause || ' ' || coalesce(detail, '') || ' ' || coalesce(payload, '') FROM millrace.dead_letter"
                        + " WHERE topic = ? ORDER BY id",
                String.class,
                table.topic());
    }

    @Test
    void maskedValuesAreNowhere() throws Exception {
        Shaping masked = new Shaping(
                null,
                Map.of(),
                Map.of("email", Mask.of(Mask.Kind.HASH)),
                "total > decimal('5')",
                List.of(new Computed("x", "1 / (big - 9007199254740993)")));
        declare("elasticsearch", masked);
        declare("redis", new Shaping(null, Map.of(), Map.of("email", Mask.partial(1, 0)), null, List.of()));
        declare("audit", new Shaping(null, Map.of(), Map.of("email", Mask.constant("masked")), null, List.of()));
        stream();
        // refused by the filter, by the computed field, by Elasticsearch and the history; and no event at all
        send(
                events.create(id(1), row(1, PLANTED, null, "paid")),
                events.create(id(2), row(2, PLANTED, "6", "paid")),
                events.create(
                        id(3),
                        "{\"id\":\"no number\",\"email\":\"" + PLANTED
                                + "\",\"total\":\"6\",\"status\":\"\\ud800\",\"big\":1}"));
        producer.send(new ProducerRecord<>(
                        table.topic(),
                        0,
                        null,
                        ("{\"after\":{\"email\":\"" + PLANTED + "\"").getBytes(StandardCharsets.UTF_8)))
                .get();
        producer.send(new ProducerRecord<>(table.topic(), 0, null, PLANTED.getBytes(StandardCharsets.UTF_8)))
                .get();
        sent += 2;
        delivered("elasticsearch", "redis", "audit");

        List<String> letters = letters();
        assertThat(letters)
                .anySatisfy(letter -> assertThat(letter).startsWith("elasticsearch: The filter meets a NULL"))
                .anySatisfy(letter -> assertThat(letter)
                        .startsWith("elasticsearch: The computed field x divides by zero in this row"))
                .anySatisfy(letter -> assertThat(letter).startsWith("audit: "))
                .anySatisfy(letter ->
                        assertThat(letter).contains("Not a change event. What it holds is in the topic only"));
        assertThat(String.join("\n", letters)).doesNotContain(PLANTED);
        String topics = String.join("\n", deadLetterTopics());
        assertThat(topics).contains("millrace-masked").contains(key.hash(PLANTED.getBytes(StandardCharsets.UTF_8)));
        assertThat(topics).doesNotContain(PLANTED);
        assertThat(inElasticsearch().toString() + inRedis() + inHistory()).doesNotContain(PLANTED);
        assertThat(sql.queryForList("SELECT t::text FROM millrace.delivery_offset t", String.class)
                        .toString())
                .doesNotContain(PLANTED);
        assertThat(Files.readString(LOG)).contains("now a dead letter").doesNotContain(PLANTED);
    }

    /** Everything in them: keys, values, headers. */
    private List<String> deadLetterTopics() {
        List<String> all = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", stack.kafkaBootstrapServers()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.listTopics().entrySet().stream()
                    .filter(topic -> topic.getKey().startsWith(table.topic())
                            && topic.getKey().endsWith(".dlt"))
                    .flatMap(topic -> topic.getValue().stream())
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    all.add(text(record.key()) + text(record.value()));
                    record.headers().forEach(header -> all.add(header.key() + "=" + text(header.value())));
                }
            }
        }
        return all;
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void recordThatIsRefusedAgainUnderAMaskIsKeptMasked() throws Exception {
        declare("redis", new Shaping(null, Map.of(), Map.of(), "total > decimal('5')", List.of()));
        stream();
        send(events.create(id(1), row(1, PLANTED, null, "paid")));
        delivered("elasticsearch", "redis", "audit");
        assertThat(letters()).singleElement().asString().contains(PLANTED);

        Instant declared = Instant.now();
        declare(
                "redis",
                new Shaping(
                        null, Map.of(), Map.of("email", Mask.of(Mask.Kind.HASH)), "total > decimal('5')", List.of()));
        await().until(() -> Instant.now().isAfter(declared.plus(Shapings.HOLDS_AFTER)));
        Map<TopicPartitionId, Long> beginning = new HashMap<>();
        offsets.deliveries("redis").stream()
                .filter(offset -> offset.topic().equals(table.topic()))
                .forEach(offset -> beginning.put(new TopicPartitionId(offset.topic(), offset.partition()), 0L));
        offsets.rewind("redis", beginning);
        await().untilAsserted(() -> assertThat(letters())
                .singleElement()
                .asString()
                .contains(key.hash(PLANTED.getBytes(StandardCharsets.UTF_8)))
                .doesNotContain(PLANTED));
        assertThat(sql.queryForList(
                        "SELECT occurrences || ' ' || (masks->'email'->>'kind') FROM millrace.dead_letter WHERE topic = ?",
                        String.class,
                        table.topic()))
                .containsExactly("2 HASH");
    }

    /** Masks that are gone must not turn what they left into values of the row. */
    @Test
    void deadLetterOfWhichOnlyAMaskedCopyIsLeftIsNotRetriedWhateverIsMaskedByThen() throws Exception {
        Shaping masked = new Shaping(
                List.of("id", "email"),
                Map.of(),
                Map.of("email", Mask.constant("hidden")),
                "total > decimal('5')",
                List.of());
        declare("redis", masked);
        stream();
        send(events.create(id(1), row(1, PLANTED, null, "paid")));
        delivered("elasticsearch", "redis", "audit");
        assertThat(letters()).singleElement().asString().startsWith("redis: The filter meets a NULL");
        var place = sql.queryForMap(
                "SELECT partition, record_offset FROM millrace.dead_letter WHERE topic = ?", table.topic());
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", stack.kafkaBootstrapServers()))) {
            admin.deleteRecords(Map.of(
                            new TopicPartition(table.topic(), (Integer) place.get("partition")),
                            RecordsToDelete.beforeOffset((Long) place.get("record_offset") + 1)))
                    .all()
                    .get();
        }
        for (Shaping now : Arrays.asList(null, masked)) {
            declare("redis", now);
            sql.update("UPDATE millrace.dead_letter SET state = 'RETRYING', cause = '' WHERE topic = ?", table.topic());
            await().untilAsserted(() -> assertThat(sql.queryForList(
                            "SELECT state || ' ' || cause FROM millrace.dead_letter WHERE topic = ?",
                            String.class,
                            table.topic()))
                    .singleElement()
                    .asString()
                    .startsWith("OPEN Only a masked copy of the record is left")
                    .contains("discard"));
            assertThat(inRedis()).isEmpty();
        }
    }

    @Test
    void tableWhoseMaskedColumnGaveItsNameToANewOneIsNotDelivered() throws Exception {
        Map<String, Mask> masks = Map.of("email", Mask.of(Mask.Kind.NULL));
        declare("redis", new Shaping(null, Map.of(), masks, null, List.of()));
        stream();
        send(events.create(id(1), row(1, PLANTED, "1", "paid")));
        delivered("redis", "elasticsearch");
        List<Column> given = new ArrayList<>(COLUMNS);
        given.set(1, TestTables.column("email_old", "text"));
        given.add(TestTables.column("email", "text"));
        catalog.recordSchema(table.id(), given, List.of("id"), ReplicaIdentity.FULL, null);
        TestEvents later = new TestEvents(catalog.table(table.id()).orElseThrow());
        String row = row(2, PLANTED, "1", "paid").replace("email", "email_old").replace("}", ",\"email\":null}");
        producer.send(later.record(later.create(id(2), row), null)).get();
        sent++;
        delivered("elasticsearch");
        await().untilAsserted(() -> assertThat(
                        catalog.table(table.id()).orElseThrow().sinks())
                .anySatisfy(binding -> {
                    assertThat(binding.sink()).isEqualTo("redis");
                    assertThat(binding.state()).isEqualTo(BindingState.FAILED);
                    assertThat(binding.message()).contains("email, which is masked, may be another column of");
                }));
        assertThat(inRedis()).containsOnlyKeys("1");
        masks = Map.of("email_old", Mask.of(Mask.Kind.NULL), "email", Mask.of(Mask.Kind.NULL));
        declare("redis", new Shaping(null, Map.of(), masks, null, List.of()));
        catalog.bindingState(table.id(), "redis", BindingState.ACTIVE, null);
        delivered("redis");
        assertThat(inRedis().get("2")).contains("\"email_old\":null").doesNotContain(PLANTED);
    }

    @Test
    void tableThatLosesAMaskedColumnIsNotDelivered() throws Exception {
        declare("redis", new Shaping(null, Map.of(), Map.of("email", Mask.of(Mask.Kind.NULL)), null, List.of()));
        stream();
        send(events.create(id(1), row(1, PLANTED, "1", "paid")));
        delivered("redis", "elasticsearch");
        List<Column> renamed = new ArrayList<>(COLUMNS);
        renamed.set(1, TestTables.column("mail", "text"));
        catalog.recordSchema(table.id(), renamed, List.of("id"), ReplicaIdentity.FULL, null);
        CapturedTable next = catalog.table(table.id()).orElseThrow();
        TestEvents later = new TestEvents(next);
        producer.send(later.record(
                        later.create(id(2), row(2, PLANTED, "1", "paid").replace("email", "mail")), null))
                .get();
        await().untilAsserted(() -> assertThat(
                        catalog.table(table.id()).orElseThrow().sinks())
                .anySatisfy(binding -> {
                    assertThat(binding.sink()).isEqualTo("redis");
                    assertThat(binding.state()).isEqualTo(BindingState.FAILED);
                    assertThat(binding.message()).contains("email, which is masked, is no longer a column of");
                }));
        assertThat(catalog.alerts().open())
                .anySatisfy(alert -> assertThat(alert.subject()).isEqualTo(Alerts.subject(table, "redis")));
        sent++;
        delivered("elasticsearch");
        assertThat(inRedis()).containsOnlyKeys("1");
        declare("redis", new Shaping(null, Map.of(), Map.of("mail", Mask.of(Mask.Kind.NULL)), null, List.of()));
        catalog.bindingState(table.id(), "redis", BindingState.ACTIVE, null);
        delivered("redis");
        assertThat(inRedis().get("2")).contains("\"mail\":null").doesNotContain(PLANTED);
    }
}
