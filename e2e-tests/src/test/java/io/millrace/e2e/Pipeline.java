package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.e2e.comparison.ElasticsearchRows;
import io.millrace.e2e.comparison.HistoryRows;
import io.millrace.e2e.comparison.PipelineComparison;
import io.millrace.e2e.comparison.RedisRows;
import io.millrace.event.TableId;
import io.millrace.localstack.LocalStack;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.postgresql.ds.PGSimpleDataSource;

/** The three apps, each a process, on the local stack, with the source {@code shop} registered. Shared by all tests of this JVM. */
final class Pipeline implements AutoCloseable {

    static final String SOURCE = "shop";
    static final String PASSWORD = "e2e-admin-password";

    final LocalStack stack;
    final AppProcess capture;
    final AppProcess workers;
    final AppProcess admin;
    final Api api;
    final URI web;
    final PGSimpleDataSource shop;
    final HistoryRows history;

    private final PipelineComparison comparison;
    private final ElasticsearchRows elasticsearch;
    private final RedisRows redis;

    Pipeline(LocalStack stack) {
        this.stack = stack;
        int port = freePort();
        List<String> common = List.of(
                "--spring.datasource.url=" + stack.postgresJdbcUrl("millrace"),
                "--spring.datasource.username=postgres",
                "--spring.datasource.password=postgres",
                "--spring.kafka.bootstrap-servers=" + stack.kafkaBootstrapServers(),
                "--spring.data.redis.host=localhost",
                "--spring.data.redis.port=" + stack.redisPort(),
                "--millrace.sinks.elasticsearch.uris=" + stack.elasticsearchUri(),
                "--millrace.catalog.secret=an end-to-end secret");
        this.capture = app("capture", "io.millrace.capture.CaptureApplication", common, 0);
        this.workers = app("workers", "io.millrace.sync.SyncWorkersApplication", common, 0);
        this.admin = app("admin", "io.millrace.admin.AdminApplication", common, port);
        this.web = URI.create("http://localhost:" + port);
        this.api = new Api(web, "admin", PASSWORD);
        this.shop = dataSource("shop");
        this.history = new HistoryRows(dataSource("millrace"));
        this.comparison = new PipelineComparison(SOURCE, shop);
        this.elasticsearch = new ElasticsearchRows(stack.elasticsearchUri());
        this.redis = new RedisRows(stack.redisUri());
    }

    private static AppProcess app(String name, String mainClass, List<String> common, int port) {
        List<String> arguments = Stream.concat(
                        common.stream(),
                        Stream.of(
                                "--server.port=" + port,
                                "--management.server.port=0",
                                "--millrace.admin.password=" + PASSWORD))
                .toList();
        return new AppProcess(
                name, mainClass, 320, "Started " + mainClass.substring(mainClass.lastIndexOf('.') + 1), arguments);
    }

    private PGSimpleDataSource dataSource(String database) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setURL(stack.postgresJdbcUrl(database));
        dataSource.setUser(LocalStack.POSTGRES_USER);
        dataSource.setPassword(LocalStack.POSTGRES_PASSWORD);
        return dataSource;
    }

    void start() {
        // all three at once, on an empty platform database: the migrations must cope
        List.of(admin, capture, workers).forEach(AppProcess::launch);
        List.of(admin, capture, workers).forEach(AppProcess::awaitReady);
        Api.Answer added = api.post("sources", """
                {"name":"shop","host":"localhost","port":%d,"database":"shop","username":"postgres","password":"postgres"}
                """.formatted(stack.postgresPort()));
        assertThat(added.status()).as("source added: %s", added.body()).isEqualTo(201);
    }

    /** Runs SQL at the source, each string one transaction. */
    void sql(String... statements) {
        try (Connection connection = shop.getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Registers a table for all three sinks and returns its id. */
    long register(String table) {
        return register(table, "elasticsearch", "redis", "audit");
    }

    long register(String table, String... sinks) {
        Api.Answer answer = tryRegister(table, sinks);
        assertThat(answer.status())
                .as("%s registered: %s", table, answer.body())
                .isEqualTo(201);
        return answer.body().path("id").asLong();
    }

    Api.Answer tryRegister(String table, String... sinks) {
        String names = Stream.of(sinks).map(name -> '"' + name + '"').collect(Collectors.joining(","));
        return api.post(
                "tables",
                "{\"source\":\"shop\",\"schema\":\"public\",\"table\":\"" + table.replace("\"", "\\\"")
                        + "\",\"sinks\":[" + names + "]}");
    }

    /** Waits until everything committed so far is in every sink. */
    void barrier() {
        Api.Answer answer = api.post("barrier?timeout=90s", null);
        assertThat(answer.status()).as("barrier: %s", answer.body()).isEqualTo(200);
    }

    void awaitState(long table, String state) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .untilAsserted(() -> assertThat(
                                api.get("tables/" + table).path("state").asString())
                        .isEqualTo(state));
    }

    /** After a barrier, every sink holds exactly the source's rows, and the history repeats and reorders nothing. */
    void assertInStep(String... tables) {
        barrier();
        assertSinksEqual(tables);
    }

    void assertSinksEqual(String... tables) {
        for (String name : tables) {
            TableId table = new TableId("public", name);
            for (var store : List.of(elasticsearch, redis, history)) {
                assertThat(comparison.compare(table, store)).matches(found -> found.equal(), "equal");
            }
            assertThat(history.repeatedEvents(SOURCE, table))
                    .as("repeated events of %s", name)
                    .isZero();
            assertThat(history.outOfOrder(SOURCE, table))
                    .as("events of %s out of order", name)
                    .isZero();
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        Stream.of(workers, capture, admin).filter(AppProcess::isAlive).forEach(AppProcess::stop);
    }
}
