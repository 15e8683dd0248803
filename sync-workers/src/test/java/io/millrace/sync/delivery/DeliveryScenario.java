package io.millrace.sync.delivery;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableState;
import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.Platform;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.fixture.TestTopics;
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
import org.apache.kafka.clients.producer.KafkaProducer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The workers' application on the real services, a table of its own for each test, and what the sinks hold of it. */
@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
abstract class DeliveryScenario {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http = HttpClient.newHttpClient();
    private final String database;
    private final Class<?> workers;
    private final Set<String> sinks;

    LocalStack stack;
    ConfigurableApplicationContext application;
    PipelineCatalog catalog;
    Offsets offsets;
    JdbcTemplate sql;
    KafkaProducer<byte[], byte[]> producer;
    CapturedTable table;
    TestEvents events;

    DeliveryScenario(String database, Class<?> workers, Set<String> sinks) {
        this.database = database;
        this.workers = workers;
        this.sinks = sinks;
    }

    @BeforeAll
    void start(LocalStack shared) {
        stack = shared;
        Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
        producer = TestTopics.producer(shared);
        run();
        catalog.addSource(Source.of("shop", "localhost", 1, "shop", "nobody", "x", "disable"), "test");
    }

    final void run(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--millrace.sync.delivery.backoff-max=500ms", "--millrace.sync.delivery.group-prefix=" + database));
        arguments.addAll(List.of(more));
        use(Platform.run(stack, database, workers, arguments));
    }

    final void use(ConfigurableApplicationContext running) {
        application = running;
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
        table = registered(TestTables.uniqueName("orders"), sinks);
        events = new TestEvents(table);
    }

    final CapturedTable registered(String name, Set<String> wanted) {
        CapturedTable registered = catalog.register(TestTables.registration(name, TestTables.itemColumns(), wanted));
        TestTopics.create(stack, registered.topic(), 3);
        catalog.tableState(registered.id(), TableState.STREAMING, null);
        return catalog.table(registered.id()).orElseThrow();
    }

    final Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", stack.kafkaBootstrapServers()));
    }

    static String key(int id) {
        return "{\"id\":" + id + "}";
    }

    static String item(int id, String name) {
        return "{\"id\":" + id + ",\"name\":\"" + name + "\",\"amount\":\"1.50\",\"note\":\"n\",\"data\":null}";
    }

    /** Writes records and returns when Kafka has them. */
    final void send(ChangeEvent... batch) throws Exception {
        List<Future<?>> sent = new ArrayList<>();
        for (ChangeEvent event : batch) {
            sent.add(producer.send(events.record(event, null)));
        }
        for (Future<?> future : sent) {
            future.get();
        }
    }

    final String inElasticsearch(int id) {
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

    final String redisKey(int id) {
        return "shop:public." + table.table().table() + ":" + id;
    }

    final String inRedis(int id) {
        try (var client = io.lettuce.core.RedisClient.create("redis://localhost:" + stack.redisPort());
                var connection = client.connect()) {
            String json = connection.sync().get(redisKey(id));
            return json == null ? null : JSON.readTree(json).path("name").asString();
        }
    }

    final List<String> history(int id) {
        return sql.queryForList(
                "SELECT operation || ':' || coalesce(after->>'name', '') FROM millrace.change_history"
                        + " WHERE table_name = ? AND key = ?::jsonb ORDER BY seq",
                String.class,
                table.table().table(),
                key(id));
    }

    /** Where a sink stands, in all partitions together. */
    final long next(String sink) {
        return offsets.deliveries(sink).stream()
                .filter(offset -> offset.topic().equals(table.topic()))
                .mapToLong(DeliveryOffset::nextOffset)
                .sum();
    }

    /** Dead letters of this table and a sink as {@code <key's id>:<state>}, in the order of their records. */
    final List<String> letters(String sink) {
        return sql.queryForList(
                "SELECT coalesce(key->>'id', 'none') || ':' || state FROM millrace.dead_letter WHERE topic = ? AND sink = ?"
                        + " ORDER BY partition, record_offset",
                String.class,
                table.topic(),
                sink);
    }

    final BindingState binding(String sink) {
        return catalog.table(table.id()).orElseThrow().sinks().stream()
                .filter(one -> one.sink().equals(sink))
                .findFirst()
                .orElseThrow()
                .state();
    }

    final String message(String sink) {
        return catalog.table(table.id()).orElseThrow().sinks().stream()
                .filter(one -> one.sink().equals(sink))
                .findFirst()
                .orElseThrow()
                .message();
    }

    /** Whether the workers know by now that a table's way to a sink is closed: from then on nothing more is delivered there. */
    final boolean knownClosed(String sink) {
        Route route = application.getBean(Deliveries.class).route(sink, table.topic());
        return route != null && !route.open();
    }

    final Status health(String sink) {
        return application.getBean(Deliveries.class).health().get(sink).health().getStatus();
    }
}
