package io.millrace.capture;

import io.millrace.catalog.Alert;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableRegistration;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.catalog.preflight.SourceTables;
import io.millrace.event.ChangeEvent;
import io.millrace.event.TableId;
import io.millrace.event.kafka.ChangeEventRecords;
import io.millrace.event.kafka.Topics;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.PostgresCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** A source database and a platform database of its own, the real app, and what it wrote to Kafka. */
final class CaptureLab implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(30);

    final LocalStack stack;
    final String id = "lab" + UUID.randomUUID().toString().replace("-", "").substring(0, 8);
    Source source;
    private ConfigurableApplicationContext app;
    private List<String> settings = List.of();

    CaptureLab(LocalStack stack) throws SQLException {
        this.stack = stack;
        try (Connection connection =
                        DriverManager.getConnection(stack.postgresJdbcUrl("postgres"), "postgres", "postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + id);
            statement.execute("CREATE DATABASE " + id + "_platform");
        }
        this.source = Source.of(id, "localhost", stack.postgresPort(), id, "postgres", "postgres", "disable");
    }

    /** With the database {@code shop} of another server as the source. */
    CaptureLab(LocalStack stack, PostgresCluster server) throws SQLException {
        this(stack);
        this.source = Source.of(id, "localhost", server.port(), "shop", "postgres", "postgres", "disable");
    }

    /** The source is found elsewhere from now on; not while it is captured. */
    void move(PostgresCluster server) throws SQLException {
        source = Source.of(id, "localhost", server.port(), "shop", "postgres", "postgres", "disable");
        try (Connection connection =
                        DriverManager.getConnection(stack.postgresJdbcUrl(id + "_platform"), "postgres", "postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("UPDATE millrace.source SET port = " + server.port());
        }
    }

    /** Has later starts take these settings. */
    CaptureLab with(String... more) {
        settings = List.of(more);
        return this;
    }

    CaptureLab start() {
        app = process();
        if (catalog().source(id).isEmpty()) {
            catalog().addSource(source, "test");
        }
        return this;
    }

    ConfigurableApplicationContext process() {
        return new SpringApplicationBuilder(CaptureApplication.class)
                .web(WebApplicationType.NONE)
                .properties(Map.of("spring.config.name", "cdc-capture"))
                .run(Stream.concat(
                                Stream.of(
                                        "--spring.datasource.url=" + stack.postgresJdbcUrl(id + "_platform"),
                                        "--spring.kafka.bootstrap-servers=" + stack.kafkaBootstrapServers(),
                                        "--millrace.catalog.secret=a secret of tests",
                                        "--spring.main.banner-mode=off",
                                        "--logging.level.io.debezium=WARN",
                                        "--logging.level.org.apache.kafka=WARN"),
                                settings.stream())
                        .toArray(String[]::new));
    }

    <T> T bean(Class<T> type) {
        return app.getBean(type);
    }

    Object bean(String name) {
        return app.getBean(name);
    }

    PipelineCatalog catalog() {
        return bean(PipelineCatalog.class);
    }

    void stop() {
        app.close();
    }

    void sql(String... statements) throws SQLException {
        try (Connection connection = open();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    Connection open() throws SQLException {
        return SourceConnection.open(source, "test", io.millrace.capture.value.ValueEncoder.SESSION);
    }

    /** Its sinks are paused: no worker runs here, and a snapshot waits for no paused sink. */
    CapturedTable register(String table, String... sinks) throws SQLException {
        return register(source, table, sinks);
    }

    /** Registers a table of a source that was added beside the lab's own. */
    CapturedTable register(Source of, String table, String... sinks) throws SQLException {
        TableId name = new TableId("public", table);
        try (Connection connection = SourceConnection.open(of, "test")) {
            SourceTable found = new SourceTables().find(connection, name).orElseThrow();
            List<Column> columns = found.columns();
            CapturedTable registered = catalog()
                    .register(new TableRegistration(
                            of.name(),
                            name,
                            found.keyColumns(),
                            columns,
                            found.identity(),
                            sinks.length == 0 ? Set.of("audit", "redis") : Set.of(sinks),
                            "test"));
            registered.sinks().forEach(sink -> catalog()
                    .bindingState(registered.id(), sink.sink(), BindingState.PAUSED, "No worker runs."));
            return registered;
        }
    }

    CapturedTable streaming(String table, String... sinks) throws SQLException {
        CapturedTable registered = register(table, sinks);
        awaitStreaming(registered);
        return registered;
    }

    void awaitStreaming(CapturedTable table) {
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> catalog().table(table.id()).orElseThrow().state() == TableState.STREAMING);
    }

    /** Open alerts of a table. */
    List<Alert> alerts(CapturedTable table) {
        return catalog().alerts().open().stream()
                .filter(alert -> Long.valueOf(table.id()).equals(alert.tableId()))
                .toList();
    }

    /** Every record of a table's topic, partition by partition. */
    List<ChangeEvent> events(String table) {
        return events(source, table);
    }

    List<ChangeEvent> events(Source of, String table) {
        return records(of, table).stream()
                .map(record -> new ChangeEventRecords().read(record))
                .toList();
    }

    List<ConsumerRecord<byte[], byte[]>> records(String table) {
        return records(source, table);
    }

    private List<ConsumerRecord<byte[], byte[]>> records(Source of, String table) {
        String topic = Topics.of(of.name(), new TableId("public", table));
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(Map.of(
                "bootstrap.servers",
                stack.kafkaBootstrapServers(),
                "max.poll.records",
                10000,
                "key.deserializer",
                ByteArrayDeserializer.class,
                "value.deserializer",
                ByteArrayDeserializer.class))) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> end = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < end.get(partition))) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
        }
        return records;
    }

    /** How many records a table's topic holds. */
    long topicSize(String table) {
        return topicSize(source, table);
    }

    long topicSize(Source of, String table) {
        String topic = Topics.of(of.name(), new TableId("public", table));
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(Map.of(
                "bootstrap.servers", stack.kafkaBootstrapServers(),
                "key.deserializer", ByteArrayDeserializer.class,
                "value.deserializer", ByteArrayDeserializer.class))) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            return consumer.endOffsets(partitions).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }
    }

    List<ChangeEvent> awaitEvents(String table, int count) {
        Awaitility.await().atMost(PATIENCE).until(() -> topicSize(table) >= count);
        return events(table);
    }

    @Override
    public void close() throws SQLException {
        if (app != null) {
            app.close();
        }
        try (Connection connection =
                        DriverManager.getConnection(stack.postgresJdbcUrl("postgres"), "postgres", "postgres");
                Statement statement = connection.createStatement()) {
            Awaitility.await().atMost(PATIENCE).until(() -> {
                try (var row = statement.executeQuery(
                        "SELECT active FROM pg_replication_slots WHERE slot_name = '" + source.slot() + "'")) {
                    return !row.next() || !row.getBoolean(1);
                }
            });
            statement.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '"
                    + source.slot() + "'");
            statement.execute("DROP DATABASE " + id + " WITH (FORCE)");
            statement.execute("DROP DATABASE " + id + "_platform WITH (FORCE)");
        }
    }
}
