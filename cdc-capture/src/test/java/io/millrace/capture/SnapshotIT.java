package io.millrace.capture;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.capture.engine.Killer;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.TableState;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Doubt;
import io.millrace.catalog.snapshot.SnapshotRuns;
import io.millrace.event.ChangeEvent;
import io.millrace.event.ChangeEventCodec;
import io.millrace.event.Operation;
import io.millrace.event.RowKey;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.jdbc.core.JdbcTemplate;

@ExtendWith(LocalStackExtension.class)
class SnapshotIT {

    private static CaptureLab lab;

    @BeforeAll
    static void start(LocalStack stack) throws Exception {
        lab = new CaptureLab(stack).start();
    }

    @AfterAll
    static void stop() throws Exception {
        lab.close();
    }

    private SnapshotRuns runs() {
        return lab.bean(SnapshotRuns.class);
    }

    private Rereads rereads() {
        return lab.bean(Rereads.class);
    }

    private TableSnapshot snapshot(long id) {
        return runs().find(id).orElseThrow();
    }

    private void await(long snapshot, SnapshotState state) {
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> snapshot(snapshot).state() == state);
    }

    private void awaitAnswers(CapturedTable table) {
        Awaitility.await().atMost(CaptureLab.PATIENCE).until(() -> rereads().open(table.id()) == 0);
    }

    private void kill() {
        Killer.kill(lab.bean("captureSupervisor"));
        lab.stop();
    }

    private Map<Operation, List<ChangeEvent>> byOperation(String table) {
        return lab.events(table).stream().collect(groupingBy(ChangeEvent::operation));
    }

    private static Set<String> keys(List<ChangeEvent> events) {
        return events.stream().map(event -> event.key().json()).collect(Collectors.toSet());
    }

    @Test
    void aRowUnderANewKeyIsReadAgainForTheValueThatNobodySent() throws Exception {
        lab.sql(
                "CREATE TABLE moved (id int PRIMARY KEY, name text, big text)",
                "ALTER TABLE moved ALTER big SET STORAGE EXTERNAL");
        CapturedTable table = lab.streaming("moved");
        String big = "x".repeat(100_000);
        lab.sql("INSERT INTO moved VALUES (1, 'a', repeat('x', 100000))", "UPDATE moved SET id = 2");
        Map<Operation, List<ChangeEvent>> events =
                lab.awaitEvents("moved", 4).stream().collect(groupingBy(ChangeEvent::operation));
        awaitAnswers(table);
        ChangeEvent lacking = events.get(Operation.CREATE).stream()
                .filter(event -> event.key().json().equals("{\"id\":2}"))
                .findFirst()
                .orElseThrow();
        assertThat(lacking.unavailable()).containsExactly("big");
        assertThat(lacking.after().toString()).contains(ChangeEventCodec.UNAVAILABLE);
        assertThat(events.get(Operation.READ)).singleElement().satisfies(read -> {
            assertThat(read.after()).hasToString("{\"id\":2,\"name\":\"a\",\"big\":\"" + big + "\"}");
            assertThat(read.rowVersion()).as("it wins in a sink").isGreaterThan(lacking.rowVersion());
        });
    }

    @Test
    void rowsAreReadAgainOnRequestAndMissingOnesAreSaid() throws Exception {
        lab.sql(
                "CREATE TABLE asked (id int PRIMARY KEY, name text)",
                "INSERT INTO asked VALUES (1, 'one'), (2, 'two')");
        CapturedTable table = lab.streaming("asked");
        List<Doubt> doubts = Stream.of("{\"id\":2}", "{\"id\":99}", "{\"id\":\"no number\"}", "{\"id\":1,\"more\":2}")
                .map(key -> Doubt.of(new RowKey(key)))
                .toList();
        rereads().request(table.id(), doubts, null, "test");
        awaitAnswers(table);
        assertThat(byOperation("asked"))
                .as("whoever met a row in the stream meets its delete there")
                .doesNotContainKey(Operation.DELETE);
        rereads()
                .request(
                        table.id(),
                        doubts,
                        lab.catalog().snapshot(table.id()).orElseThrow().id(),
                        "test");
        awaitAnswers(table);
        Map<Operation, List<ChangeEvent>> events = byOperation("asked");
        assertThat(events.get(Operation.READ).stream()
                        .collect(groupingBy(event -> event.key().json(), counting())))
                .isEqualTo(Map.of("{\"id\":1}", 1L, "{\"id\":2}", 3L));
        assertThat(keys(events.get(Operation.DELETE)))
                .containsExactlyInAnyOrder("{\"id\":99}", "{\"id\":\"no number\"}", "{\"id\":1,\"more\":2}");
        assertThat(events.get(Operation.DELETE)).allSatisfy(missing -> {
            assertThat(missing.isFoundMissing()).isTrue();
            assertThat(missing.transaction().id()).as("nobody was seen").isNull();
            assertThat(missing.transaction().actor()).isNull();
            assertThat(missing.before()).hasToString(missing.key().json());
        });
    }

    @Test
    void aRowThatSinksAskForInTurnsIsFoundMissingOnce() throws Exception {
        lab.sql("CREATE TABLE turns (id int PRIMARY KEY)", "INSERT INTO turns VALUES (1)");
        CapturedTable table = lab.streaming("turns");
        long snapshot = lab.catalog().snapshot(table.id()).orElseThrow().id();
        // one after the other, and while the first is being answered
        for (int asked = 0; asked < 3; asked++) {
            ask(table, snapshot, asked);
            awaitAnswers(table);
        }
        assertThat(keys(byOperation("turns").get(Operation.DELETE))).containsExactly("{\"id\":9}");
        assertThat(byOperation("turns").get(Operation.DELETE)).hasSize(1);
        assertThat(snapshot(snapshot).rowsMissing()).isEqualTo(1);

        lab.sql("INSERT INTO turns VALUES (9)");
        lab.awaitEvents("turns", 3);
        ask(table, snapshot, 1);
        awaitAnswers(table);
        assertThat(byOperation("turns").get(Operation.READ))
                .as("whoever asks for a row that is there again is answered")
                .hasSize(2);
    }

    private void ask(CapturedTable table, long snapshot, int asked) {
        lab.bean(JdbcTemplate.class)
                .update(
                        "INSERT INTO millrace.reread (table_id, key, snapshot_id, requested_by, asked)"
                                + " VALUES (?, '{\"id\":9}', ?, 'test', ?)",
                        table.id(),
                        snapshot,
                        asked);
    }

    @Test
    void aTableWhoseRowsCannotBeReadAgainDoesNotHoldUpOthers() throws Exception {
        lab.sql(
                "CREATE TABLE stuck (id int PRIMARY KEY)",
                "INSERT INTO stuck VALUES (1)",
                "CREATE TABLE free (id int PRIMARY KEY)",
                "INSERT INTO free SELECT generate_series(1, 1200)");
        CapturedTable stuck = lab.streaming("stuck");
        CapturedTable free = lab.streaming("free");
        assertThat(stuck.id()).as("it has the first turn").isLessThan(free.id());
        JdbcTemplate platform = lab.bean(JdbcTemplate.class);
        platform.execute("CREATE FUNCTION millrace.refuse_answer() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$BEGIN RAISE EXCEPTION 'the test refuses'; END$$");
        platform.execute("CREATE TRIGGER refusing BEFORE DELETE ON millrace.reread FOR EACH ROW WHEN (OLD.table_id = "
                + stuck.id() + ") EXECUTE FUNCTION millrace.refuse_answer()");
        rereads().request(stuck.id(), List.of(Doubt.of(new RowKey("{\"id\":1}"))), null, "test");
        rereads()
                .request(
                        free.id(),
                        IntStream.rangeClosed(1, 1200)
                                .mapToObj(id -> Doubt.of(new RowKey("{\"id\":" + id + "}")))
                                .toList(),
                        null,
                        "test");
        awaitAnswers(free);
        assertThat(rereads().open(stuck.id())).isEqualTo(1);
        assertThat(byOperation("free").get(Operation.READ)).as("each twice").hasSize(2400);

        platform.execute("DROP FUNCTION millrace.refuse_answer() CASCADE");
        awaitAnswers(stuck);
    }

    @Test
    void aKilledSnapshotOfACompositeKeyGoesOnInTheKeysOrder() throws Exception {
        // in this key's order, which is neither that of its names nor that of jsonb
        lab.sql(
                "CREATE TABLE pairs (b int, \"long name\" text, c text, PRIMARY KEY (\"long name\", b))",
                "INSERT INTO pairs SELECT i, 'n' || i % 7, 'c' FROM generate_series(1, 60000) i");
        CapturedTable table = lab.register("pairs");
        long id = lab.catalog().snapshot(table.id()).orElseThrow().id();
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> snapshot(id).rowsDone() > 8_000);
        kill();
        lab.start();
        lab.awaitStreaming(table);
        List<ChangeEvent> events = lab.events("pairs");
        assertThat(keys(events)).hasSize(60_000);
        assertThat(events).as("at most one chunk twice").hasSizeLessThanOrEqualTo(65_000);
        assertThat(snapshot(id).rowsDone()).isEqualTo(60_000);
        assertThat(snapshot(id).state()).isEqualTo(SnapshotState.DONE);
    }

    @Test
    void aSnapshotWhoseKeyBecameAnotherBeginsAnewInItsOrder() throws Exception {
        lab.sql(
                "CREATE TABLE rekeyed_while_read (a int PRIMARY KEY, b int NOT NULL)",
                "INSERT INTO rekeyed_while_read SELECT i, 60001 - i FROM generate_series(1, 60000) i");
        CapturedTable table = lab.register("rekeyed_while_read");
        long id = lab.catalog().snapshot(table.id()).orElseThrow().id();
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> snapshot(id).rowsDone() > 8_000);
        assertThat(runs().pause(id, "Paused by anna.")).isTrue();
        lab.sql("BEGIN; ALTER TABLE rekeyed_while_read DROP CONSTRAINT rekeyed_while_read_pkey;"
                + " ALTER TABLE rekeyed_while_read ADD PRIMARY KEY (b); COMMIT");
        assertThat(runs().resume(id)).isTrue();
        Awaitility.await().atMost(CaptureLab.PATIENCE).until(() -> snapshot(id).state() == SnapshotState.DONE);
        assertThat(snapshot(id).rowsDone()).isEqualTo(60_000);
        assertThat(keys(lab.events("rekeyed_while_read").stream()
                        .filter(event -> event.key().json().startsWith("{\"b\""))
                        .toList()))
                .hasSize(60_000);
    }

    @Test
    void aSnapshotIsPausedResumedAndCancelled() throws Exception {
        lab.sql(
                "CREATE TABLE steered (id int PRIMARY KEY, name text)",
                "INSERT INTO steered SELECT i, 'name' FROM generate_series(1, 100000) i",
                "ANALYZE steered");
        CapturedTable table = lab.register("steered");
        long id = lab.catalog().snapshot(table.id()).orElseThrow().id();
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> snapshot(id).rowsDone() > 10_000);
        assertThat(runs().pause(id, "Paused by anna.")).isTrue();
        long[] last = {-1};
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .during(Duration.ofMillis(700))
                .until(() -> {
                    long before = last[0];
                    last[0] = snapshot(id).rowsDone();
                    return last[0] == before;
                });
        TableSnapshot paused = snapshot(id);
        assertThat(paused.state()).isEqualTo(SnapshotState.PAUSED);
        assertThat(paused.rowsDone()).isLessThan(100_000);
        assertThat(paused.rowsEstimated()).isEqualTo(100_000);
        assertThat(lab.catalog().table(table.id()).orElseThrow().state())
                .as("not all is read")
                .isEqualTo(TableState.SNAPSHOTTING);
        lab.sql("UPDATE steered SET name = 'changed' WHERE id IN (1, 100000)", "DELETE FROM steered WHERE id = 50000");

        assertThat(runs().resume(id)).isTrue();
        lab.awaitStreaming(table);
        assertThat(snapshot(id).state()).isEqualTo(SnapshotState.DONE);
        Map<Operation, List<ChangeEvent>> events = byOperation("steered");
        assertThat(keys(events.get(Operation.READ))).hasSizeGreaterThanOrEqualTo(99_998);
        assertThat(events.get(Operation.READ)).hasSizeLessThanOrEqualTo(100_000);

        TableSnapshot again = runs().request(table.id(), null, "anna");
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> snapshot(again.id()).rowsDone() > 5_000);
        assertThat(runs().cancel(again.id(), "Cancelled by anna.")).isTrue();
        lab.awaitStreaming(table);
        assertThat(snapshot(again.id()).state()).isEqualTo(SnapshotState.CANCELLED);
        assertThat(snapshot(again.id()).rowsDone()).isLessThan(99_999);
    }

    @Test
    void aFilteredSnapshotReadsWhatMeetsItAndABadFilterFailsAlone() throws Exception {
        lab.sql(
                "CREATE TABLE chosen (id int PRIMARY KEY, data jsonb, n int)",
                "INSERT INTO chosen SELECT i, CASE WHEN i % 10 = 0 THEN '{\"k\":1}' END::jsonb, i FROM generate_series(1, 20000) i");
        CapturedTable table = lab.streaming("chosen");
        TableSnapshot some = runs().request(table.id(), "data ? 'k' AND n <= 10000", "anna");
        await(some.id(), SnapshotState.DONE);
        assertThat(snapshot(some.id()).rowsDone()).isEqualTo(1_000);
        assertThat(byOperation("chosen").get(Operation.READ)).hasSize(21_000);

        lab.awaitStreaming(table);
        TableSnapshot bad = runs().request(table.id(), "10000 / (n - 15000) > 1", "anna");
        await(bad.id(), SnapshotState.FAILED);
        assertThat(snapshot(bad.id()).message()).contains("error 22012").doesNotContain("division");
        TableSnapshot worse = runs().request(table.id(), "pg_sleep(1) IS NULL", "anna");
        await(worse.id(), SnapshotState.FAILED);
        assertThat(snapshot(worse.id()).message()).contains("volatile");
        lab.awaitStreaming(table);
    }

    @Test
    void aSnapshotWhoseEndCannotBeNotedIsEndedLaterAndOthersGoOn() throws Exception {
        lab.sql("CREATE TABLE unlucky (id int PRIMARY KEY)", "INSERT INTO unlucky VALUES (1)");
        CapturedTable table = lab.streaming("unlucky");
        JdbcTemplate platform = lab.bean(JdbcTemplate.class);
        platform.execute("CREATE FUNCTION millrace.refuse_end() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$BEGIN RAISE EXCEPTION 'the test refuses'; END$$");
        platform.execute("CREATE TRIGGER refusing BEFORE UPDATE ON millrace.table_snapshot FOR EACH ROW"
                + " WHEN (NEW.state = 'FAILED') EXECUTE FUNCTION millrace.refuse_end()");
        TableSnapshot bad = runs().request(table.id(), "pg_sleep(1) IS NULL", "anna");
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .until(() -> lab.catalog().table(table.id()).orElseThrow().state() == TableState.SNAPSHOTTING);

        lab.sql("CREATE TABLE lucky (id int PRIMARY KEY)", "INSERT INTO lucky VALUES (1)");
        lab.streaming("lucky");
        assertThat(snapshot(bad.id()).state()).isEqualTo(SnapshotState.REQUESTED);

        platform.execute("DROP FUNCTION millrace.refuse_end() CASCADE");
        await(bad.id(), SnapshotState.FAILED);
        lab.awaitStreaming(table);
    }

    @Test
    void aTableWithoutAKeyIsReadAndStreamedWithoutAnOverlap() throws Exception {
        lab.sql("CREATE TABLE lines (n bigint)", "INSERT INTO lines SELECT generate_series(1, 20000)");
        AtomicBoolean writing = new AtomicBoolean(true);
        List<Thread> writers = Stream.of(1_000_000L, 2_000_000L)
                .map(from -> new Thread(() -> {
                    try (Connection connection = lab.open();
                            PreparedStatement insert = connection.prepareStatement("INSERT INTO lines VALUES (?)")) {
                        connection.setAutoCommit(false);
                        for (long n = from; writing.get(); n++) {
                            insert.setLong(1, n);
                            insert.execute();
                            if (n % 3 == 0) {
                                connection.commit();
                            }
                        }
                        connection.commit();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }))
                .toList();
        writers.forEach(Thread::start);
        lab.streaming("lines", "audit");
        writing.set(false);
        for (Thread writer : writers) {
            writer.join();
        }
        long rows;
        try (Connection connection = lab.open();
                Statement statement = connection.createStatement();
                var count = statement.executeQuery("SELECT count(*) FROM lines")) {
            count.next();
            rows = count.getLong(1);
        }
        List<ChangeEvent> events = lab.awaitEvents("lines", (int) rows);
        assertThat(events.stream().map(event -> event.after().toString()))
                .as("each row once: read or created")
                .doesNotHaveDuplicates()
                .hasSize((int) rows);
        assertThat(events).extracting(ChangeEvent::operation).contains(Operation.READ, Operation.CREATE);
    }

    @Test
    void aSinkThatNobodyDeliversToHoldsNoSnapshotUpWhileChangesGoOn() throws Exception {
        lab.sql(
                "CREATE TABLE undelivered (id int PRIMARY KEY, n int)",
                "INSERT INTO undelivered SELECT i, 0 FROM generate_series(1, 10000) i");
        CapturedTable table = lab.register("undelivered", "redis");
        lab.catalog().bindingState(table.id(), "redis", BindingState.ACTIVE, null);
        // it began once, and its worker died without a word
        lab.bean(Offsets.class)
                .advance(
                        "redis",
                        IntStream.range(0, 3)
                                .mapToObj(partition -> new Offsets.Advance(
                                        new Offsets.TopicPartitionId(table.topic(), partition), 0, 0, 0, null, null, 0))
                                .toList());
        AtomicBoolean writing = new AtomicBoolean(true);
        Thread writer = new Thread(() -> {
            try (Connection connection = lab.open();
                    PreparedStatement update =
                            connection.prepareStatement("UPDATE undelivered SET n = n + 1 WHERE id = 10000")) {
                while (writing.get()) {
                    update.execute();
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        writer.start();
        try {
            lab.awaitStreaming(table);
        } finally {
            writing.set(false);
            writer.join();
        }
        assertThat(lab.catalog().snapshot(table.id()).orElseThrow().rowsDone()).isEqualTo(10_000);
    }

    @Test
    void aChunkThatABulkUpdateOverranIsReadAnew() throws Exception {
        int rows = 201_000;
        lab.sql(
                "CREATE TABLE overrun (id int PRIMARY KEY)",
                "INSERT INTO overrun SELECT generate_series(1, " + rows + ")");
        try (Connection other = lab.open();
                Statement writer = other.createStatement();
                Connection another = lab.open();
                Statement looker = another.createStatement()) {
            other.setAutoCommit(false);
            // the first chunk waits for this transaction, with its window open
            writer.execute("INSERT INTO overrun VALUES (0)");
            CapturedTable table = lab.register("overrun");
            long id = lab.catalog().snapshot(table.id()).orElseThrow().id();
            Awaitility.await().atMost(CaptureLab.PATIENCE).until(() -> {
                try (var waiting = looker.executeQuery(
                        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                                + " AND application_name = 'millrace-snapshot' AND query LIKE '%virtualtransaction = ANY%'")) {
                    return waiting.next();
                }
            });
            lab.sql("UPDATE overrun SET id = id");
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> lab.topicSize("overrun") >= rows);
            assertThat(snapshot(id).rowsDone()).isZero();
            other.commit();
            lab.awaitStreaming(table);
            assertThat(snapshot(id).rowsDone()).isEqualTo(rows + 1);
        }
        assertThat(lab.topicSize("overrun"))
                .as("each updated, or created, and read")
                .isEqualTo(2L * (rows + 1));
    }

    @Test
    void progressIsHonest() throws Exception {
        lab.sql(
                "CREATE TABLE measured (id int PRIMARY KEY, name text)",
                "INSERT INTO measured SELECT i, 'name' FROM generate_series(1, 50000) i",
                "ANALYZE measured",
                "INSERT INTO measured SELECT i, 'name' FROM generate_series(50001, 80000) i");
        CapturedTable table = lab.register("measured");
        long id = lab.catalog().snapshot(table.id()).orElseThrow().id();
        TableSnapshot running = Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> snapshot(id), one -> one.rowsDone() > 10_000 && one.rowsDone() < 50_000);
        assertThat(running.rowsPerSecond()).isPositive();
        assertThat(running.secondsLeft()).isNotNull();
        lab.awaitStreaming(table);
        assertThat(snapshot(id).rowsDone()).isEqualTo(80_000);
        assertThat(snapshot(id).rowsEstimated())
                .as("the planner's 50,000 were too few")
                .isEqualTo(80_000);
    }
}
