package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/** More at once than fits into the apps' heaps, while the changes of another table go on. */
@ExtendWith(PipelineExtension.class)
class LoadIT {

    private static final String COLUMNS = " (id bigint PRIMARY KEY, n int, note text)";

    private static final String CAMPAIGN = "minutes of load: ./millrace test --campaign";

    private final Pipeline pipeline;
    private final List<Long> tables = new ArrayList<>();
    private String beside;
    private TopicRecords pulses;
    private int pulse;

    LoadIT(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    @BeforeEach
    void aTableBeside(TestInfo test) {
        beside = "beside_" + test.getTestMethod().orElseThrow().getName().toLowerCase(java.util.Locale.ROOT);
        beside = beside.substring(0, Math.min(50, beside.length()));
        table(beside, "elasticsearch", "redis", "audit");
        pulses = new TopicRecords(pipeline, Flow.SOURCE, beside);
    }

    private void table(String name, String... sinks) {
        pipeline.sql("CREATE TABLE " + name + COLUMNS);
        long id = pipeline.register(name, sinks);
        tables.add(id);
        pipeline.awaitState(id, "STREAMING");
    }

    @AfterEach
    void noneRanOutOfMemoryAndTheTablesGo() {
        for (AppProcess app : List.of(pipeline.capture, pipeline.workers, pipeline.admin)) {
            assertThat(app.isAlive()).isTrue();
            assertThat(app.output()).doesNotContain("OutOfMemoryError");
        }
        tables.forEach(id -> pipeline.api.call("DELETE", "tables/" + id, null));
        tables.forEach(
                id -> until(() -> pipeline.api.call("GET", "tables/" + id, null).status() == 404));
    }

    private static void until(Callable<Boolean> condition) {
        until(60, condition);
    }

    private static void until(int seconds, Callable<Boolean> condition) {
        await().atMost(Duration.ofSeconds(seconds))
                .pollInterval(Duration.ofMillis(20))
                .until(condition);
    }

    /** A change of the table beside gets through now. */
    private void beat() {
        beat(60);
    }

    private void beat(int seconds) {
        pulse++;
        pipeline.sql("INSERT INTO " + beside + " VALUES (" + pulse + ", " + pulse + ", 'beat')");
        until(seconds, () -> pulses.size() >= pulse);
    }

    @Test
    void aBacklogOfSmallTransactionsIsDrainedInOrder() throws SQLException {
        int transactions = Campaign.rounds(10_000, 100_000);
        table("small", "elasticsearch", "redis", "audit");
        pipeline.capture.stop();
        try (Connection connection = pipeline.shop.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET synchronous_commit = off");
            statement.execute("""
                    DO $$ BEGIN
                        FOR i IN 1 .. %d LOOP
                            INSERT INTO small VALUES (i %% 1000, i, 'small')
                            ON CONFLICT (id) DO UPDATE SET n = excluded.n;
                            COMMIT;
                        END LOOP;
                    END $$
                    """.formatted(transactions));
        }
        pipeline.sql("INSERT INTO " + beside + " VALUES (0, 0, 'behind the backlog')");
        pipeline.capture.start();

        pipeline.barrier(300);
        pipeline.assertSinksEqual("small", beside);
        TableId small = new TableId("public", "small");
        assertThat(pipeline.history.events(Flow.SOURCE, small, "create")
                        + pipeline.history.events(Flow.SOURCE, small, "update"))
                .isEqualTo(transactions);
    }

    @Test
    @EnabledIfSystemProperty(named = "millrace.campaign", matches = "true", disabledReason = CAMPAIGN)
    void aMillionRowsInOneTransactionGoThroughSmallHeaps() throws SQLException {
        table("million", "elasticsearch", "redis", "audit");
        TopicRecords topic = new TopicRecords(pipeline, Flow.SOURCE, "million");
        try (Connection connection = pipeline.shop.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int part = 0; part < 10; part++) {
                statement.execute("INSERT INTO million SELECT g, g, 'one of a million rows, number ' || g"
                        + " FROM generate_series(" + (part * 100_000 + 1) + ", " + (part + 1) * 100_000 + ") g");
                beat();
            }
            assertThat(topic.size()).as("of a transaction that is open").isZero();
            connection.commit();
        }
        // behind a million changes in the same stream
        beat(300);

        pipeline.barrier(600);
        assertThat(topic.size()).isEqualTo(1_000_000);
        pipeline.assertSinksEqual("million", beside);
    }

    @Test
    @EnabledIfSystemProperty(named = "millrace.campaign", matches = "true", disabledReason = CAMPAIGN)
    void rowsOfTenMegabytesGoThroughSmallHeaps() {
        table("large", "elasticsearch", "redis", "audit");
        String tenMegabytes = "(SELECT string_agg(md5(g::text || %s), ' ') FROM generate_series(1, 310000) g)";
        for (int row = 1; row <= 12; row++) {
            pipeline.sql("INSERT INTO large VALUES (" + row + ", 0, " + tenMegabytes.formatted("'" + row + "'") + ")");
            beat();
        }
        pipeline.sql(
                "UPDATE large SET n = n + 1",
                "UPDATE large SET note = " + tenMegabytes.formatted("id::text || 'again'") + " WHERE id <= 4",
                "DELETE FROM large WHERE id = 12");
        beat();

        pipeline.barrier(600);
        pipeline.assertSinksEqual("large", beside);
    }

    @Test
    @EnabledIfSystemProperty(named = "millrace.campaign", matches = "true", disabledReason = CAMPAIGN)
    void twoHundredTablesFlowAndGoOnAfterARestart() {
        List<String> names =
                IntStream.range(0, 200).mapToObj(number -> "many_" + number).toList();
        for (String name : names) {
            table(name, "redis", "audit");
        }
        names.forEach(
                name -> pipeline.sql("INSERT INTO " + name + " SELECT g, g, 'row' FROM generate_series(1, 50) g"));
        beat();
        pipeline.capture.kill9();
        names.forEach(name -> pipeline.sql("UPDATE " + name + " SET n = n + 1 WHERE id <= 10"));
        pipeline.capture.start();
        beat();

        pipeline.barrier(300);
        for (String name : names) {
            TableId table = new TableId("public", name);
            assertThat(pipeline.history.events(Flow.SOURCE, table, "create")).isEqualTo(50);
            assertThat(pipeline.history.events(Flow.SOURCE, table, "update")).isEqualTo(10);
            assertThat(pipeline.history.repeatedEvents(Flow.SOURCE, table)).isZero();
        }
    }
}
