package io.millrace.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceState;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.PostgresCluster;
import io.millrace.localstack.junit.LocalStackExtension;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/** Several sources in one process: two databases of the stack's server, and one of a server of its own. */
@ExtendWith(LocalStackExtension.class)
class SourcesIT {

    private final LocalStack stack;
    private PostgresCluster server;
    private CaptureLab lab;
    private Source neighbour;
    private Source elsewhere;

    SourcesIT(LocalStack stack) {
        this.stack = stack;
    }

    @BeforeEach
    void captureOneSource() throws Exception {
        server =
                PostgresCluster.create(Path.of("target/clusters/elsewhere"), "").start();
        lab = new CaptureLab(stack).with("--millrace.capture.max-backoff=1s", "--millrace.capture.answer-timeout=2s");
        superuser("CREATE DATABASE " + lab.id + "_neighbour");
        neighbour = Source.of(
                lab.id + "n",
                "localhost",
                stack.postgresPort(),
                lab.id + "_neighbour",
                "postgres",
                "postgres",
                "disable");
        elsewhere = Source.of(lab.id + "e", "localhost", server.port(), "shop", "postgres", "postgres", "disable");
        lab.sql("CREATE TABLE t (id int PRIMARY KEY)");
        lab.start();
        lab.streaming("t");
    }

    @AfterEach
    void stop() throws Exception {
        lab.stop();
        await(() -> !exists("FROM pg_replication_slots WHERE active AND slot_name = '" + neighbour.slot() + "'"));
        superuser(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '"
                        + neighbour.slot() + "'",
                "DROP DATABASE " + neighbour.database() + " WITH (FORCE)");
        lab.close();
        server.close();
    }

    private void superuser(String... statements) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(stack.postgresJdbcUrl("postgres"), "postgres", "postgres");
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private boolean exists(String from) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(stack.postgresJdbcUrl("postgres"), "postgres", "postgres");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT EXISTS (SELECT " + from + ")")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static void sql(Source at, String... statements) throws SQLException {
        try (Connection connection = SourceConnection.open(at, "test");
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(condition);
    }

    /** Adds a source to the running process, with a table {@code t}. */
    private CapturedTable add(Source source) throws SQLException {
        sql(source, "CREATE TABLE t (id int PRIMARY KEY)");
        lab.catalog().addSource(source, "test");
        CapturedTable table = lab.register(source, "t");
        lab.awaitStreaming(table);
        return table;
    }

    /** A new row arrives in its topic, and nothing else. */
    private void flows(Source source) throws SQLException {
        long size = lab.topicSize(source, "t");
        sql(source, "INSERT INTO t VALUES (" + size + ")");
        await(() -> lab.topicSize(source, "t") > size);
        assertThat(lab.topicSize(source, "t")).isEqualTo(size + 1);
    }

    private SourceState state(Source source) {
        return lab.catalog().source(source.name()).orElseThrow().state();
    }

    private Health health() {
        return ((HealthIndicator) lab.bean("captureHealthIndicator")).health();
    }

    @Test
    void sourcesComeAndGoWhileOthersFlow() throws Exception {
        CapturedTable removed = add(neighbour);
        flows(neighbour);
        flows(lab.source);
        add(elsewhere);
        flows(elsewhere);

        lab.catalog().tableState(removed.id(), TableState.REMOVING, null);
        await(() -> lab.catalog().table(removed.id()).isEmpty());
        lab.catalog().removeSource(neighbour.name());
        await(() -> !exists("FROM pg_replication_slots WHERE active AND slot_name = '" + neighbour.slot() + "'"));

        flows(lab.source);
        flows(elsewhere);
        assertThat(health().getDetails())
                .containsOnlyKeys(lab.id, elsewhere.name())
                .containsEntry(lab.id, "STREAMING")
                .containsEntry(elsewhere.name(), "STREAMING");
    }

    /** As behind a firewall that forgot the connections, or a cable that was cut. */
    @Test
    void aSourceThatFallsSilentIsNoticedAndGoesOnWhereItWas() throws Exception {
        try (Wire wire = new Wire(server.port())) {
            Source far =
                    Source.of(elsewhere.name(), "localhost", wire.port(), "shop", "postgres", "postgres", "disable");
            add(far);
            flows(far);

            wire.silence();
            await(() -> state(elsewhere) == SourceState.WAITING);
            sql(elsewhere, "INSERT INTO t SELECT generate_series(1000, 1099)");
            flows(lab.source);
            wire.mend();

            await(() -> state(elsewhere) == SourceState.STREAMING);
            await(() -> lab.topicSize(elsewhere, "t") >= 101);
            assertThat(lab.topicSize(elsewhere, "t")).isEqualTo(101);
            flows(far);
        }
    }

    /** As behind a firewall that forgot the one connection over which nobody said anything for long. */
    @Test
    @EnabledIfSystemProperty(
            named = "millrace.campaign",
            matches = "true",
            disabledReason = "waits for the server to give up: ./millrace test --campaign")
    void aStreamThatAloneFallsSilentIsNoticedByItsSlotAndGoesOnWhereItWas() throws Exception {
        try (Wire wire = new Wire(server.port())) {
            Source far =
                    Source.of(elsewhere.name(), "localhost", wire.port(), "shop", "postgres", "postgres", "disable");
            add(far);
            flows(far);

            sql(elsewhere, "ALTER SYSTEM SET wal_sender_timeout = '2s'", "SELECT pg_reload_conf()");
            wire.silence(Wire.REPLICATION);
            sql(elsewhere, "INSERT INTO t SELECT generate_series(1000, 1099)");
            await(() -> String.valueOf(
                            lab.catalog().source(far.name()).orElseThrow().message())
                    .contains("sends its changes to nobody"));
            sql(elsewhere, "ALTER SYSTEM RESET wal_sender_timeout", "SELECT pg_reload_conf()");
            wire.mend();

            await(() -> state(elsewhere) == SourceState.STREAMING);
            await(() -> lab.topicSize(elsewhere, "t") >= 101);
            assertThat(lab.events(elsewhere, "t").stream()
                            .map(event -> String.valueOf(event.after()))
                            .toList())
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.concat(IntStream.of(0), IntStream.rangeClosed(1000, 1099))
                                    .mapToObj(id -> "{\"id\":" + id + "}")
                                    .toList());
            flows(far);
        }
    }

    @Test
    void aSourceThatDoesNotAnswerIsWaitedForAndOneThatLostItsSlotFailsBothWithoutTheOthers() throws Exception {
        add(neighbour);
        add(elsewhere);
        flows(elsewhere);

        server.stop();
        await(() -> state(elsewhere) == SourceState.WAITING);
        flows(lab.source);
        flows(neighbour);
        assertThat(health().getStatus()).as("a source that is waited for").isEqualTo(Status.UP);
        server.start();
        await(() -> state(elsewhere) == SourceState.STREAMING);
        flows(elsewhere);

        lab.catalog().sourceState(elsewhere.name(), SourceState.PAUSED, null);
        await(() -> {
            try {
                sql(elsewhere, "SELECT pg_drop_replication_slot('" + elsewhere.slot() + "')");
                return true;
            } catch (SQLException stillRead) {
                return false;
            }
        });
        lab.catalog().sourceState(elsewhere.name(), SourceState.PENDING, null);
        await(() -> state(elsewhere) == SourceState.FAILED);
        flows(lab.source);
        flows(neighbour);
        assertThat(health().getStatus()).isEqualTo(Status.DOWN);
        assertThat(state(lab.source)).isEqualTo(SourceState.STREAMING);
        assertThat(state(neighbour)).isEqualTo(SourceState.STREAMING);
    }
}
