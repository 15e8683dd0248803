package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.e2e.comparison.ElasticsearchRows;
import io.millrace.e2e.comparison.HistoryRows;
import io.millrace.e2e.comparison.PipelineComparison;
import io.millrace.e2e.comparison.RedisRows;
import io.millrace.event.TableId;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.postgresql.ds.PGSimpleDataSource;

/** What a test does at the source {@code shop} and asks of its sinks, however Millrace is run. */
class Flow {

    static final String SOURCE = "shop";
    static final String PASSWORD = "e2e-admin-password";

    final String source;
    final Api api;
    final URI web;
    final PGSimpleDataSource shop;
    final PGSimpleDataSource platform;
    final HistoryRows history;

    private final PipelineComparison comparison;
    private final ElasticsearchRows elasticsearch;
    private final RedisRows redis;

    Flow(int webPort, int postgresPort, int elasticsearchPort, int redisPort) {
        this(SOURCE, postgresPort, webPort, postgresPort, elasticsearchPort, redisPort);
    }

    /** @param sourcePort of the server whose database {@code shop} is the source */
    Flow(String source, int sourcePort, int webPort, int postgresPort, int elasticsearchPort, int redisPort) {
        this.source = source;
        this.web = URI.create("http://localhost:" + webPort);
        this.api = new Api(web, "admin", PASSWORD);
        this.shop = dataSource(sourcePort, "shop");
        this.platform = dataSource(postgresPort, "millrace");
        this.history = new HistoryRows(platform);
        this.comparison = new PipelineComparison(source, shop);
        this.elasticsearch = new ElasticsearchRows(URI.create("http://localhost:" + elasticsearchPort));
        this.redis = new RedisRows(URI.create("redis://localhost:" + redisPort));
    }

    private static PGSimpleDataSource dataSource(int port, String database) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setURL("jdbc:postgresql://localhost:" + port + "/" + database);
        dataSource.setUser("postgres");
        dataSource.setPassword("postgres");
        return dataSource;
    }

    /** Runs SQL at the source, each string one transaction. */
    void sql(String... statements) {
        run(shop, statements);
    }

    /** Runs SQL in the platform database. */
    void platform(String... statements) {
        run(platform, statements);
    }

    private static void run(PGSimpleDataSource database, String... statements) {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Adds this flow's source. */
    void addSource() {
        Api.Answer added = api.post("sources", """
                {"name":"%s","host":"localhost","port":%d,"database":"shop","username":"postgres","password":"postgres"}
                """.formatted(source, shop.getPortNumbers()[0]));
        assertThat(added.status()).as("source added: %s", added.body()).isEqualTo(201);
    }

    /** Removes this flow's source, whose tables are gone, while everything runs. */
    void removeSource() {
        Api.Answer removed = api.call("DELETE", "sources/" + source, null);
        assertThat(removed.status()).as("source removed: %s", removed.body()).isEqualTo(200);
        assertThat(removed.body().path("leftAtTheSource").isEmpty())
                .as("left at the source: %s", removed.body())
                .isTrue();
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
                "{\"source\":\"" + source + "\",\"schema\":\"public\",\"table\":\"" + table.replace("\"", "\\\"")
                        + "\",\"sinks\":[" + names + "]}");
    }

    /** Waits until everything committed so far is in every sink. */
    void barrier() {
        barrier(90);
    }

    void barrier(int seconds) {
        Api.Answer answer = api.post("barrier?timeout=" + seconds + "s", null);
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
            assertThat(history.repeatedEvents(source, table))
                    .as("repeated events of %s", name)
                    .isZero();
            assertThat(history.outOfOrder(source, table))
                    .as("events of %s out of order", name)
                    .isZero();
        }
    }
}
