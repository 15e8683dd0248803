package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.event.TableId;
import io.millrace.localstack.PostgresCluster;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

/**
 * The faults in which captures are known to lose or to repeat changes (dbz#1554, dbz#76), provoked. The source is captured twice, under
 * two names: the same change must have the same position in both, however often either was interrupted.
 */
@ExtendWith(PipelineExtension.class)
@EnabledIfSystemProperty(
        named = "millrace.campaign",
        matches = "true",
        disabledReason = "some minutes of kills, on two versions of PostgreSQL: ./millrace test --campaign")
class CaptureFaultsIT {

    private static final String COLUMNS = " (id bigint PRIMARY KEY, n int, note text)";

    private final Pipeline pipeline;
    private final Random random = new Random(20_261_121);

    CaptureFaultsIT(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    private static void until(Duration patience, Callable<Boolean> condition) {
        await().atMost(patience)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .until(condition);
    }

    private static void until(Callable<Boolean> condition) {
        until(Duration.ofSeconds(90), condition);
    }

    /** A source on a server of one version, and the same one under a second name. */
    private record Twins(Pipeline pipeline, PostgresCluster server, Flow one, Flow other, List<Long> tables)
            implements AutoCloseable {

        static Twins of(Pipeline pipeline, String version, String name) throws InterruptedException {
            PostgresCluster server =
                    PostgresCluster.create(Path.of("target/clusters", name), version.equals("18") ? "" : version);
            server.start();
            return new Twins(
                    pipeline,
                    server,
                    pipeline.source(name, server.port()),
                    pipeline.source(name + "-twin", server.port()),
                    new ArrayList<>());
        }

        void table(String table) {
            one.sql("CREATE TABLE " + table + COLUMNS);
            tables.addAll(List.of(one.register(table), other.register(table, "audit")));
            tables.forEach(id -> one.awaitState(id, "STREAMING"));
        }

        /** Everything is everywhere, once, and the two captures agree about each change. */
        void assertComplete(String table, long changes) {
            one.assertInStep(table);
            TableId id = new TableId("public", table);
            assertThat(one.history.events(one.source, id, "create")).isEqualTo(changes);
            assertThat(other.history.events(other.source, id, "create")).isEqualTo(changes);
            Set<String> positions = new HashSet<>(new TopicRecords(pipeline, one.source, table).positions());
            assertThat(positions)
                    .as("no two changes of %s share a position", table)
                    .hasSize((int) changes);
            assertThat(new HashSet<>(new TopicRecords(pipeline, other.source, table).positions()).equals(positions))
                    .as("both captures gave the changes of %s the same positions", table)
                    .isTrue();
        }

        /** What does not answer would hold every later barrier. */
        @Override
        public void close() throws SQLException {
            tables.forEach(id -> one.api.call("DELETE", "tables/" + id, null));
            until(() -> one.api.get("tables?source=" + one.source).path("items").isEmpty()
                    && one.api
                            .get("tables?source=" + other.source)
                            .path("items")
                            .isEmpty());
            one.removeSource();
            other.removeSource();
            try (Connection connection = one.shop.getConnection();
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT (SELECT count(*) FROM pg_replication_slots)"
                            + " + (SELECT count(*) FROM pg_publication)")) {
                row.next();
                assertThat(row.getInt(1))
                        .as("slots and publications left behind")
                        .isZero();
            } finally {
                server.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"17", "18"})
    void killsInsideACopyLoseAndRepeatNothing(String version) throws Exception {
        int rows = Campaign.rounds(60_000, 200_000);
        int kills = Campaign.rounds(3, 50);
        try (Twins twins = Twins.of(pipeline, version, "copy" + version)) {
            twins.table("copied");
            TopicRecords topic = new TopicRecords(pipeline, twins.one().source, "copied");
            try (Connection open = twins.one().shop.getConnection();
                    Statement woven = open.createStatement()) {
                open.setAutoCommit(false);
                woven.execute("INSERT INTO copied VALUES (1000001, 1, 'woven')");
                copy(twins.one(), rows);
                woven.execute("INSERT INTO copied VALUES (1000002, 2, 'woven')");
                open.commit();
            }
            for (int kill = 0; kill < kills; kill++) {
                long size = topic.size();
                long more = 1 + random.nextInt(2 * rows / kills);
                until(() -> topic.size() >= Math.min(size + more, rows));
                pipeline.capture.kill9();
                pipeline.capture.start();
            }
            twins.assertComplete("copied", rows + 2);
        }
    }

    private static void copy(Flow flow, int rows) throws Exception {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rows; i++) {
            text.append(i).append('\t').append(i).append("\tcopied ").append(i).append('\n');
        }
        try (Connection connection = flow.shop.getConnection()) {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn("COPY copied FROM STDIN", new java.io.StringReader(text.toString()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"17", "18"})
    void interleavedTransactionsSurviveKillsBetweenThem(String version) throws Exception {
        int rounds = Campaign.rounds(2, 50);
        try (Twins twins = Twins.of(pipeline, version, "woven" + version)) {
            twins.table("woven");
            TopicRecords topic = new TopicRecords(pipeline, twins.one().source, "woven");
            for (int round = 0; round < rounds; round++) {
                int first = round * 100;
                try (Connection open = twins.one().shop.getConnection();
                        Statement a = open.createStatement()) {
                    open.setAutoCommit(false);
                    a.execute(series(first, 5));
                    long size = topic.size();
                    twins.one().sql(series(first + 20, 5));
                    if (random.nextBoolean()) {
                        until(() -> topic.size() >= size + 5);
                    }
                    pipeline.capture.kill9();
                    a.execute(series(first + 10, 5));
                    open.commit();
                }
                pipeline.capture.start();
            }
            twins.assertComplete("woven", rounds * 15L);
        }
    }

    private static String series(int from, int count) {
        return "INSERT INTO woven SELECT g, g, 'row' FROM generate_series(" + from + ", " + (from + count - 1) + ") g";
    }

    @Test
    void killsInsideASnapshotThatIsWrittenToLeaveNoDifference() {
        int rows = Campaign.rounds(40_000, 200_000);
        int kills = Campaign.rounds(2, 20);
        pipeline.sql(
                "CREATE TABLE read_through" + COLUMNS,
                "INSERT INTO read_through SELECT g, g, 'row' FROM generate_series(1, " + rows + ") g");
        long id;
        try (Traffic traffic = Traffic.on(pipeline.shop, "read_through", 5)) {
            RestartsIT.awaitTransactions(traffic, 20);
            id = pipeline.register("read_through");
            until(() ->
                    !pipeline.api.get("tables/" + id).path("state").asString().equals("PENDING"));
            TopicRecords topic = new TopicRecords(pipeline, Flow.SOURCE, "read_through");
            for (int kill = 0; kill < kills; kill++) {
                long size = topic.size();
                long more = 1 + random.nextInt(rows / kills);
                until(() -> topic.size() >= size + more);
                pipeline.capture.kill9();
                pipeline.capture.start();
            }
            pipeline.awaitState(id, "STREAMING");
            RestartsIT.awaitTransactions(traffic, 20);
        }
        pipeline.assertInStep("read_through");
    }

    @Test
    void aKillBetweenKafkasAcknowledgementAndTheStoredOffsetRepeatsNothing() throws Exception {
        pipeline.sql("CREATE TABLE acknowledged" + COLUMNS);
        pipeline.awaitState(pipeline.register("acknowledged"), "STREAMING");
        TopicRecords topic = new TopicRecords(pipeline, Flow.SOURCE, "acknowledged");
        int rounds = Campaign.rounds(1, 20);
        for (int round = 0; round < rounds; round++) {
            int from = round * 1000;
            // a capture that starts claims the row that is locked below: it must be past that
            pipeline.barrier();
            try (Connection platform = pipeline.platform.getConnection();
                    Statement lock = platform.createStatement()) {
                platform.setAutoCommit(false);
                // whoever stores an offset now waits
                lock.execute("SELECT FROM millrace.capture_offset WHERE source = 'shop' FOR UPDATE");
                pipeline.sql("INSERT INTO acknowledged SELECT g, g, 'row' FROM generate_series(" + from + ", "
                        + (from + 999) + ") g");
                until(() -> topic.size() == from + 1000);
                pipeline.capture.kill9();
                platform.rollback();
            }
            pipeline.capture.start();
        }
        pipeline.assertInStep("acknowledged");
        assertThat(topic.positions()).hasSize(rounds * 1000).doesNotHaveDuplicates();
    }

    private String owner() throws SQLException {
        try (Connection platform = pipeline.platform.getConnection();
                Statement statement = platform.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT owner FROM millrace.capture_lease WHERE source = 'shop'")) {
            return row.next() ? row.getString(1) : "";
        }
    }

    @Test
    void aStoppedCaptureIsReplacedWithin10SecondsAndAddsNothingWhenItWakes() throws Exception {
        pipeline.sql("CREATE TABLE fenced" + COLUMNS);
        pipeline.awaitState(pipeline.register("fenced"), "STREAMING");
        AppProcess standby = pipeline.standby();
        AppProcess active = pipeline.capture;
        standby.start();
        try {
            TopicRecords topic = new TopicRecords(pipeline, Flow.SOURCE, "fenced");
            try (Traffic traffic = Traffic.on(pipeline.shop, "fenced", 6)) {
                for (int round = 0; round < Campaign.rounds(2, 20); round++) {
                    AppProcess frozen = active;
                    AppProcess next = active == standby ? pipeline.capture : standby;
                    long pid = frozen.handle().pid();
                    until(() -> owner().endsWith(":" + pid));
                    RestartsIT.awaitTransactions(traffic, 50);
                    frozen.freeze();
                    long frozenAt = System.nanoTime();
                    try {
                        // what it had sent may still land: only growth beyond that is the successor's
                        until(Duration.ofSeconds(10), () -> owner().endsWith(
                                        ":" + next.handle().pid()));
                        long size = topic.size();
                        until(
                                Duration.ofSeconds(10).minusNanos(System.nanoTime() - frozenAt),
                                () -> topic.size() > size);
                    } finally {
                        frozen.thaw();
                    }
                    RestartsIT.awaitTransactions(traffic, 50);
                    active = next;
                }
            }
            assertThat(owner()).endsWith(":" + active.handle().pid());
            pipeline.assertInStep("fenced");
        } finally {
            // the process that the other tests kill must be the one that captures
            standby.stop();
        }
    }
}
