package io.millrace.sync.rebuild;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Shapings;
import io.millrace.catalog.SinkBinding;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableState;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildRequest;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.sync.SyncWorkersApplication;
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
import java.util.TreeMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One table that goes to one sink, the rows that it should hold, and what Elasticsearch says. */
final class RebuildLab implements AutoCloseable {

    static final JsonMapper JSON = JsonMapper.builder().build();

    private static final int PARTITIONS = 2;

    private final HttpClient http = HttpClient.newHttpClient();
    final LocalStack stack;
    final String database;
    final ConfigurableApplicationContext application;
    final PipelineCatalog catalog;
    final Rebuilds rebuilds;
    final JdbcTemplate sql;
    final KafkaProducer<byte[], byte[]> producer;
    CapturedTable table;
    TestEvents events;
    /** Names by id, as the source has them. */
    final Map<Integer, String> rows = new TreeMap<>();

    RebuildLab(LocalStack stack, String database) {
        this.stack = stack;
        this.database = database;
        application = Platform.catalog(stack, database);
        catalog = application.getBean(PipelineCatalog.class);
        rebuilds = application.getBean(Rebuilds.class);
        sql = application.getBean(JdbcTemplate.class);
        producer = TestTopics.producer(stack);
        catalog.addSource(Source.of("shop", "localhost", 1, "shop", "nobody", "x", "disable"), "test");
    }

    /** Starts workers that write to one sink alone, look often and take few records at a time. */
    ConfigurableApplicationContext workers(String sink, String... settings) {
        List<String> all = new ArrayList<>(List.of(
                "--millrace.sync.rebuild.interval=50ms",
                "--millrace.sync.rebuild.max-records=50",
                "--millrace.sync.delivery.catalog-interval=100ms",
                "--millrace.sinks.redis.guard-interval=200ms"));
        for (String other : List.of("elasticsearch", "redis", "audit")) {
            all.add("--millrace.sinks." + other + ".enabled=" + other.equals(sink));
        }
        all.addAll(List.of(settings));
        return Platform.run(stack, database, SyncWorkersApplication.class, all);
    }

    void register(String sink, List<Column> columns) throws Exception {
        register(sink, columns, null);
    }

    /** Registers a new table that goes to a sink, from its first change on in this shape. */
    void register(String sink, List<Column> columns, Shaping shaping) throws Exception {
        CapturedTable registered =
                catalog.register(TestTables.registration(TestTables.uniqueName("things"), columns, Set.of(sink)));
        TestTopics.create(stack, registered.topic(), PARTITIONS);
        if (shaping != null) {
            declare(registered, shaping);
        }
        sql.update("UPDATE millrace.table_snapshot SET state = 'DONE' WHERE table_id = ?", registered.id());
        catalog.tableState(registered.id(), TableState.STREAMING, null);
        table = catalog.table(registered.id()).orElseThrow();
        events = new TestEvents(table);
        rows.clear();
    }

    private void declare(CapturedTable bound, Shaping shaping) {
        SinkBinding binding = bound.sinks().get(0);
        application
                .getBean(Shapings.class)
                .declare(bound.id(), binding.sink(), shaping.toJson(), binding.shapingVersion(), "test");
    }

    /** Says what the table's sink gets from now on. */
    void declare(Shaping shaping) {
        declare(table, shaping);
    }

    static String key(int id) {
        return "{\"id\":" + id + "}";
    }

    static String item(int id, String name) {
        return "{\"id\":" + id + ",\"name\":\"" + name + "\",\"amount\":\"1.50\",\"note\":\"n\",\"data\":null}";
    }

    synchronized void put(int id, String name) throws Exception {
        ChangeEvent event = rows.containsKey(id)
                ? events.update(key(id), null, item(id, name))
                : events.create(key(id), item(id, name));
        rows.put(id, name);
        send(event);
    }

    synchronized void delete(int id) throws Exception {
        rows.remove(id);
        send(events.delete(key(id)));
    }

    /** Takes all rows; as capture does, it says so in each partition. */
    synchronized void truncate() throws Exception {
        rows.clear();
        ChangeEvent truncate = events.truncate();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            producer.send(events.record(truncate, partition));
        }
    }

    Future<?> send(ChangeEvent event) throws Exception {
        return producer.send(events.record(event, null));
    }

    /** Rows of which some were changed and some deleted since. */
    void fill(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            put(i, "first");
        }
        for (int i = 0; i < count; i += 3) {
            put(i, "second");
        }
        for (int i = 0; i < count; i += 7) {
            delete(i);
        }
        producer.flush();
    }

    /** Fails the first note of progress behind so many records; a sequence remembers it though the transaction is rolled back. */
    void failNoteBehind(long records) {
        failNote("(SELECT sum(value::bigint) FROM jsonb_each_text(NEW.fed_next)) > " + records);
    }

    /** Fails the first note of progress that passes an offset. */
    void failNoteBehind(int partition, long offset) {
        failNote("(NEW.fed_next ->> '" + partition + "')::bigint > " + offset);
    }

    private void failNote(String condition) {
        sql.execute("DROP SEQUENCE IF EXISTS millrace.feed_fault");
        sql.execute("CREATE SEQUENCE millrace.feed_fault");
        sql.execute("""
                CREATE OR REPLACE FUNCTION millrace.feed_fault() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF NEW.table_id = %d AND %s
                            AND nextval('millrace.feed_fault') = 1 THEN
                        RAISE EXCEPTION 'The test wants it';
                    END IF;
                    RETURN NEW;
                END $$
                """.formatted(table.id(), condition));
        sql.execute("""
                CREATE OR REPLACE TRIGGER feed_fault BEFORE UPDATE OF fed_next ON millrace.sink_rebuild
                FOR EACH ROW EXECUTE FUNCTION millrace.feed_fault()
                """);
    }

    /** Tells whether a note of progress was failed, and more noted since. */
    boolean tookUpAgain() {
        return sql.queryForObject("SELECT last_value FROM millrace.feed_fault", Long.class) > 1;
    }

    Rebuild request(Duration keep) {
        return rebuilds.request(
                RebuildRequest.rebuild(table.id(), table.sinks().get(0).sink(), "Asked for by a test", keep, "test"));
    }

    Rebuild rebuild() {
        return rebuilds.latest(table.id(), table.sinks().get(0).sink()).orElseThrow();
    }

    String alias() {
        return table.topic();
    }

    JsonNode es(String method, String path, String body) {
        try {
            return JSON.readTree(http.send(
                            HttpRequest.newBuilder(URI.create(stack.elasticsearchUri() + path))
                                    .header("Content-Type", "application/json")
                                    .method(
                                            method,
                                            body == null
                                                    ? HttpRequest.BodyPublishers.noBody()
                                                    : HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            BodyHandlers.ofString())
                    .body());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the index that readers see. */
    String live() {
        return es("GET", "/_alias/" + alias(), null).propertyNames().iterator().next();
    }

    /** Returns the names of all indexes of the table. */
    List<String> indexes() {
        return es("GET", "/" + alias() + "-*/_alias", null).propertyNames().stream()
                .sorted()
                .toList();
    }

    /** Returns names by id of everything that an index, or the alias, holds. */
    Map<Integer, String> held(String index) {
        Map<Integer, String> held = new TreeMap<>();
        documents(index)
                .forEach((id, document) ->
                        held.put(id, JSON.readTree(document).path("name").asString()));
        return held;
    }

    /** Returns all documents by id, as they are written. */
    Map<Integer, String> documents(String index) {
        es("POST", "/" + index + "/_refresh", null);
        JsonNode found = es("POST", "/" + index + "/_search", "{\"size\":10000}");
        Map<Integer, String> documents = new TreeMap<>();
        for (JsonNode hit : found.path("hits").path("hits")) {
            documents.put(hit.path("_id").asInt(), hit.path("_source").toString());
        }
        return documents;
    }

    /** Returns the name of one document by the alias, in real time; null if it is not there. */
    String name(int id) {
        JsonNode found = es("GET", "/" + alias() + "/_doc/" + id, null);
        return found.path("found").asBoolean(false)
                ? found.path("_source").path("name").asString()
                : null;
    }

    @Override
    public void close() {
        producer.close();
        application.close();
    }

    /** Returns how many records were written to the table's topic, over all of its partitions. */
    long written() {
        return extent().end().values().stream().mapToLong(Long::longValue).sum();
    }

    /** Returns where the table's topic begins and ends, behind all that was produced. */
    TopicReader.Extent extent() {
        producer.flush();
        try (TopicReader reader = new TopicReader(
                Map.of(
                        "bootstrap.servers",
                        stack.kafkaBootstrapServers(),
                        "key.deserializer",
                        ByteArrayDeserializer.class,
                        "value.deserializer",
                        ByteArrayDeserializer.class),
                table.topic())) {
            return reader.extent();
        }
    }
}
