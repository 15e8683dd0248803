package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableRegistration;
import io.millrace.catalog.TableState;
import io.millrace.event.ChangeEvent;
import io.millrace.event.TableId;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.Service;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.SyncWorkersApplication;
import io.millrace.sync.fixture.Platform;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
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
class DeliveryIT {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> SINKS = Set.of("elasticsearch", "redis", "audit");

    private final HttpClient http = HttpClient.newHttpClient();
    private LocalStack stack;
    private ConfigurableApplicationContext application;
    private PipelineCatalog catalog;
    private Offsets offsets;
    private JdbcTemplate sql;
    private KafkaProducer<byte[], byte[]> producer;
    private CapturedTable table;
    private TestEvents events;

    @BeforeAll
    void start(LocalStack shared) {
        stack = shared;
        Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", shared.kafkaBootstrapServers(), "linger.ms", 2),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        run();
        catalog.addSource(Source.of("shop", "localhost", 1, "shop", "nobody", "x", "disable"), "test");
    }

    private void run() {
        application = Platform.run(
                stack, "delivery", SyncWorkersApplication.class, List.of("--millrace.sync.delivery.backoff-max=500ms"));
        catalog = application.getBean(PipelineCatalog.class);
        offsets = application.getBean(Offsets.class);
        sql = application.getBean(JdbcTemplate.class);
    }

    @AfterAll
    void stop() {
        application.close();
        producer.close();
    }

    @BeforeEach
    void ownTable() {
        table = registered(TestTables.uniqueName("orders"), SINKS);
        events = new TestEvents(table);
    }

    private CapturedTable registered(String name, Set<String> sinks) {
        CapturedTable registered = catalog.register(new TableRegistration(
                "shop",
                new TableId("public", name),
                List.of("id"),
                TestTables.itemColumns(),
                ReplicaIdentity.FULL,
                sinks,
                "test"));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", stack.kafkaBootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(registered.topic(), 3, (short) 1)))
                    .all()
                    .get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        catalog.tableState(registered.id(), TableState.STREAMING, null);
        return catalog.table(registered.id()).orElseThrow();
    }

    private static String key(int id) {
        return "{\"id\":" + id + "}";
    }

    private static String item(int id, String name) {
        return "{\"id\":" + id + ",\"name\":\"" + name + "\",\"amount\":\"1.50\",\"note\":\"n\",\"data\":null}";
    }

    private void send(ChangeEvent... batch) throws Exception {
        List<Future<?>> sent = new ArrayList<>();
        for (ChangeEvent event : batch) {
            sent.add(producer.send(events.record(event, null)));
        }
        for (Future<?> future : sent) {
            future.get();
        }
    }

    private String inElasticsearch(int id) {
        try {
            JsonNode found = JSON.readTree(http.send(
                            HttpRequest.newBuilder(
                                            URI.create(stack.elasticsearchUri() + "/" + table.topic() + "/_doc/" + id))
                                    .build(),
                            BodyHandlers.ofString())
                    .body());
            return found.path("found").asBoolean(false)
                    ? found.path("_source").path("name").asString()
                    : null;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private String inRedis(int id) {
        try (var client = io.lettuce.core.RedisClient.create("redis://localhost:" + stack.redisPort());
                var connection = client.connect()) {
            String json = connection.sync().get("shop:public." + table.table().table() + ":" + id);
            return json == null ? null : JSON.readTree(json).path("name").asString();
        }
    }

    private List<String> history(int id) {
        return sql.queryForList(
                "SELECT operation || ':' || coalesce(after->>'name', '') FROM millrace.change_history"
                        + " WHERE table_name = ? AND key = ?::jsonb ORDER BY seq",
                String.class,
                table.table().table(),
                key(id));
    }

    private long next(String sink) {
        return offsets.deliveries(sink).stream()
                .filter(offset -> offset.topic().equals(table.topic()))
                .mapToLong(DeliveryOffset::nextOffset)
                .sum();
    }

    @Test
    void changesReachAllSinksInOrder() throws Exception {
        ChangeEvent created = events.create(key(1), item(1, "first"));
        ChangeEvent updated = events.update(key(1), item(1, "first"), item(1, "second"));
        send(created, updated, events.create(key(2), item(2, "two")), events.delete(key(2)));
        await().untilAsserted(() -> {
            assertThat(history(1)).containsExactly("create:first", "update:second");
            assertThat(history(2)).containsExactly("create:two", "delete:");
            assertThat(inElasticsearch(1)).isEqualTo("second");
            assertThat(inRedis(1)).isEqualTo("second");
        });
        assertThat(inElasticsearch(2)).isNull();
        assertThat(inRedis(2)).isNull();
        SINKS.forEach(sink -> await().untilAsserted(() -> assertThat(next(sink)).isEqualTo(4)));
    }

    @Test
    void newTablesTopicIsPickedUpWhileAnotherFlows() throws Exception {
        send(events.create(key(1), item(1, "first")));
        await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("first"));
        ownTable();
        send(events.create(key(1), item(1, "in the new table")));
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("in the new table"));
    }

    @Test
    void rejectedRecordsBecomeDeadLettersAndTheRestGoesOn() throws Exception {
        ChangeEvent bad = events.create(key(5), "{\"id\":\"not a number\",\"name\":\"\\ud800\"}");
        send(events.create(key(1), item(1, "before")), bad, events.create(key(2), item(2, "after")));
        producer.send(new ProducerRecord<>(table.topic(), 0, null, "no event".getBytes()))
                .get();
        producer.send(new ProducerRecord<>(table.topic(), 0, key(9).getBytes(), null))
                .get();
        await().untilAsserted(() -> {
            assertThat(history(1)).containsExactly("create:before");
            assertThat(history(2)).containsExactly("create:after");
            assertThat(inElasticsearch(2)).isEqualTo("after");
            SINKS.forEach(sink -> assertThat(next(sink)).isEqualTo(5));
        });
        assertThat(sql.queryForList(
                        "SELECT sink || ':' || coalesce(key->>'id', 'malformed') FROM millrace.dead_letter WHERE topic = ?",
                        String.class,
                        table.topic()))
                .containsExactlyInAnyOrder(
                        "elasticsearch:5", "audit:5", "elasticsearch:malformed", "redis:malformed", "audit:malformed");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", stack.kafkaBootstrapServers()))) {
            assertThat(admin.listTopics().names().get()).contains(table.topic() + ".audit.dlt");
        }
    }

    @Test
    void sinkThatIsDownIsWaitedForWhileTheOthersGoOn() throws Exception {
        send(events.create(key(1), item(1, "before")));
        await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("before"));
        stack.stop(Service.REDIS);
        try {
            send(events.update(key(1), item(1, "before"), item(1, "during")));
            await().untilAsserted(() -> {
                assertThat(inElasticsearch(1)).isEqualTo("during");
                assertThat(history(1)).hasSize(2);
                assertThat(offsets.deliveries("redis")).anySatisfy(offset -> {
                    assertThat(offset.topic()).isEqualTo(table.topic());
                    assertThat(offset.waitingFor()).contains("Redis at localhost");
                    assertThat(offset.waitingSince()).isNotNull();
                });
            });
            assertThat(application
                            .getBean(Deliveries.class)
                            .health()
                            .get("redis")
                            .health()
                            .getStatus()
                            .getCode())
                    .isEqualTo("DOWN");
        } finally {
            stack.start(Service.REDIS);
        }
        await().untilAsserted(() -> {
            assertThat(inRedis(1)).isEqualTo("during");
            assertThat(next("redis")).isEqualTo(2);
            assertThat(application
                            .getBean(Deliveries.class)
                            .health()
                            .get("redis")
                            .health()
                            .getStatus()
                            .getCode())
                    .isEqualTo("UP");
        });
    }

    @Test
    void pausedBindingWaitsAndGoesOnWhereItStopped() throws Exception {
        send(events.create(key(1), item(1, "before")));
        await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("before"));
        catalog.bindingState(table.id(), "redis", BindingState.PAUSED, null);
        await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
        send(events.update(key(1), item(1, "before"), item(1, "while paused")));
        await().untilAsserted(() -> assertThat(inElasticsearch(1)).isEqualTo("while paused"));
        assertThat(inRedis(1)).isEqualTo("before");
        catalog.bindingState(table.id(), "redis", BindingState.ACTIVE, null);
        await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("while paused"));
    }

    @Test
    void restartContinuesAtTheStoredOffsetAndReplayIsHarmless() throws Exception {
        send(events.create(key(1), item(1, "first")), events.create(key(2), item(2, "two")));
        await().untilAsserted(() -> SINKS.forEach(sink -> assertThat(next(sink)).isEqualTo(2)));
        application.close();
        send(events.update(key(1), item(1, "first"), item(1, "while down")));
        run();
        await().untilAsserted(() -> {
            assertThat(inRedis(1)).isEqualTo("while down");
            assertThat(inElasticsearch(1)).isEqualTo("while down");
            assertThat(history(1)).containsExactly("create:first", "update:while down");
        });
        await().untilAsserted(() -> SINKS.forEach(sink -> assertThat(next(sink)).isEqualTo(3)));
        application.close();
        new JdbcTemplate(new org.springframework.jdbc.datasource.DriverManagerDataSource(
                        stack.postgresJdbcUrl("delivery"), LocalStack.POSTGRES_USER, LocalStack.POSTGRES_PASSWORD))
                .update(
                        "UPDATE millrace.delivery_offset SET next_offset = 0 WHERE topic = ? AND sink <> 'audit'",
                        table.topic());
        run();
        await().untilAsserted(() -> SINKS.forEach(sink -> assertThat(next(sink)).isEqualTo(3)));
        assertThat(inRedis(1)).isEqualTo("while down");
        assertThat(inElasticsearch(1)).isEqualTo("while down");
        assertThat(history(1)).hasSize(2);
    }

    @Test
    void whatAStoppedCaptureWritesOnceMoreIsLeftOutAcrossARestartToo() throws Exception {
        ChangeEvent created = events.create(key(1), item(1, "a"));
        ChangeEvent updated = events.update(key(1), item(1, "a"), item(1, "b"));
        ChangeEvent last = events.update(key(1), item(1, "b"), item(1, "c"));
        send(created, updated, created, updated);
        await().untilAsserted(() -> SINKS.forEach(sink -> assertThat(next(sink)).isEqualTo(4)));
        application.close();
        run();
        send(updated, last, created, updated, last);
        await().untilAsserted(() -> SINKS.forEach(sink -> assertThat(next(sink)).isEqualTo(9)));
        assertThat(history(1)).containsExactly("create:a", "update:b", "update:c");
        assertThat(inRedis(1)).isEqualTo("c");
        assertThat(inElasticsearch(1)).isEqualTo("c");
    }

    @Test
    void truncateInEveryPartitionIsOneEventOfTheHistory() throws Exception {
        send(events.create(key(1), item(1, "a")), events.create(key(2), item(2, "b")));
        ChangeEvent truncate = events.truncate();
        for (int partition = 0; partition < 3; partition++) {
            producer.send(events.record(truncate, partition)).get();
        }
        send(events.create(key(3), item(3, "c")));
        await().untilAsserted(() -> {
            SINKS.forEach(sink -> assertThat(next(sink)).isEqualTo(6));
            assertThat(inElasticsearch(1)).isNull();
            assertThat(inElasticsearch(3)).isEqualTo("c");
            assertThat(inRedis(2)).isNull();
            assertThat(inRedis(3)).isEqualTo("c");
        });
        assertThat(sql.queryForObject(
                        "SELECT count(*) FROM millrace.change_history WHERE table_name = ? AND operation = 'truncate'",
                        Integer.class,
                        table.table().table()))
                .isEqualTo(1);
    }
}
