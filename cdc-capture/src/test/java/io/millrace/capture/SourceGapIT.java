package io.millrace.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.GapCause;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.SourceGap;
import io.millrace.catalog.SourceGaps;
import io.millrace.catalog.SourceState;
import io.millrace.catalog.TableState;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Lsn;
import io.millrace.event.Operation;
import io.millrace.event.SourcePosition;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Whatever becomes of a source: changes that may be missing are said and named, and captured over by nobody but a person. */
@ExtendWith(LocalStackExtension.class)
class SourceGapIT {

    private static final Path CLUSTERS = Path.of("target/clusters");

    private static PostgresCluster template;

    private final List<PostgresCluster> running = new ArrayList<>();
    private final LocalStack stack;
    private PostgresCluster server;
    private CaptureLab lab;
    private CapturedTable table;

    SourceGapIT(LocalStack stack) {
        this.stack = stack;
    }

    /** A server is made once; each test begins with a copy. */
    @BeforeAll
    static void make() throws Exception {
        template = PostgresCluster.create(CLUSTERS.resolve("template"), "").start();
        template.stop();
    }

    @BeforeEach
    void captureOneTable() throws Exception {
        server = started(template.copyTo(CLUSTERS.resolve("primary")));
        lab = new CaptureLab(stack, server);
        lab.sql("CREATE TABLE gap (id int PRIMARY KEY, name text)");
        lab.start();
        table = lab.streaming("gap");
        lab.sql("INSERT INTO gap VALUES (1, 'captured')");
        lab.awaitEvents("gap", 1);
    }

    @AfterEach
    void stop() throws Exception {
        lab.close();
        running.forEach(PostgresCluster::close);
    }

    private PostgresCluster started(PostgresCluster cluster) throws InterruptedException {
        cluster.start();
        running.add(cluster);
        return cluster;
    }

    private void end(PostgresCluster cluster) {
        cluster.close();
        running.remove(cluster);
    }

    /** Ends capture, and returns what it stored. */
    private CaptureOffset stopCapture() {
        lab.stop();
        return new JdbcTemplate(new DriverManagerDataSource(
                        stack.postgresJdbcUrl(lab.id + "_platform"), "postgres", "postgres"))
                .queryForObject(
                        "SELECT * FROM millrace.capture_offset WHERE source = ?",
                        (row, number) -> new CaptureOffset(
                                lab.id,
                                row.getInt("epoch"),
                                new SourcePosition(
                                        row.getInt("epoch"),
                                        Lsn.parse(row.getString("commit_lsn")),
                                        row.getInt("ordinal")),
                                Lsn.parse(row.getString("end_lsn")),
                                row.getTimestamp("committed_at").toInstant(),
                                row.getString("system_identifier"),
                                row.getInt("timeline"),
                                row.getLong("events"),
                                row.getTimestamp("updated_at").toInstant()),
                        lab.id);
    }

    private static String text(PostgresCluster at, String sql) {
        try (Connection connection = DriverManager.getConnection(at.jdbcUrl("shop"), "postgres", "postgres");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : null;
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(condition);
    }

    private String slot() {
        return "slot_name = '" + lab.source.slot() + "'";
    }

    /** Starts capture, and expects it to stand still with a gap that begins where it had stored to be. */
    private SourceGap refused(GapCause cause, CaptureOffset stored) {
        long records = lab.topicSize("gap");
        lab.start();
        SourceGaps gaps = lab.bean(SourceGaps.class);
        await(() -> gaps.open(lab.id).isPresent()
                && lab.catalog().source(lab.id).orElseThrow().state() == SourceState.FAILED);
        SourceGap gap = gaps.open(lab.id).orElseThrow();
        assertThat(gap.cause()).as(gap.detail()).isEqualTo(cause);
        assertThat(gap.fromLsn()).isEqualTo(stored.endLsn());
        assertThat(gap.toLsn()).isNotNull();
        assertThat(gap.since()).isEqualTo(stored.updatedAt());
        assertThat(lab.catalog().source(lab.id).orElseThrow().message())
                .contains(Lsn.format(gap.fromLsn()), Lsn.format(gap.toLsn()), gap.detail(), "/epochs");
        assertThat(lab.topicSize("gap")).as("nothing is captured over a gap").isEqualTo(records);
        return gap;
    }

    /** Accepts the gap, and expects all rows of the table anew, and the gap in its history. */
    private void accepted(SourceGap gap, String... rows) throws Exception {
        SourceGaps gaps = lab.bean(SourceGaps.class);
        assertThat(gaps.accept(lab.id, gap.id(), "dba")).contains(2);
        assertThat(gaps.accept(lab.id, gap.id(), "dba")).as("accepted once").isEmpty();
        await(() -> lab.catalog().source(lab.id).orElseThrow().state() == SourceState.STREAMING
                && lab.bean(Offsets.class).capture(lab.id).orElseThrow().epoch() == 2);
        await(() -> readInEpoch2().size() >= rows.length);
        assertThat(readInEpoch2()).containsExactlyInAnyOrder(rows);
        SourceGap closed = gaps.all(lab.id).get(0);
        assertThat(closed.newEpoch()).isEqualTo(2);
        assertThat(closed.acceptedBy()).isEqualTo("dba");
        assertThat(lab.bean(JdbcTemplate.class)
                        .queryForList(
                                "SELECT operation || ' ' || (after ->> 'cause') || ' ' || (after ->> 'from_lsn') || ' ' || epoch || ' '"
                                        + " || (actor ->> 'user') FROM millrace.change_history WHERE source = ? AND table_name = 'gap'",
                                String.class,
                                lab.id))
                .containsExactly("gap " + gap.cause() + " " + Lsn.format(gap.fromLsn()) + " 2 dba");
        lab.sql("INSERT INTO gap VALUES (100, 'after')");
        await(() -> lab.events("gap").stream()
                .anyMatch(event -> event.position().epoch() == 2 && event.operation() == Operation.CREATE));
    }

    private List<String> readInEpoch2() {
        return lab.events("gap").stream()
                .filter(event ->
                        event.operation() == Operation.READ && event.position().epoch() == 2)
                .map(ChangeEvent::after)
                .map(Object::toString)
                .toList();
    }

    private static String row(int id, String name) {
        return "{\"id\":" + id + ",\"name\":\"" + name + "\"}";
    }

    @Test
    void aMissingSlotIsAGap() throws Exception {
        CaptureOffset stored = stopCapture();
        lab.sql(
                "SELECT pg_drop_replication_slot('" + lab.source.slot() + "')",
                "INSERT INTO gap VALUES (2, 'missed')",
                "DELETE FROM gap WHERE id = 1");
        accepted(refused(GapCause.SLOT_MISSING, stored), row(2, "missed"));
    }

    @Test
    void aSlotThatWasAdvancedIsAGap() throws Exception {
        CaptureOffset stored = stopCapture();
        lab.sql(
                "INSERT INTO gap VALUES (2, 'missed')",
                "SELECT pg_replication_slot_advance('" + lab.source.slot() + "', pg_current_wal_lsn())");
        accepted(refused(GapCause.SLOT_MOVED, stored), row(1, "captured"), row(2, "missed"));
    }

    @Test
    void walBeyondTheSlotsLimitIsAGap() throws Exception {
        CaptureOffset stored = stopCapture();
        lab.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'", "SELECT pg_reload_conf()");
        await(() -> {
            lab.sql("INSERT INTO gap SELECT max(id) + 1, 'missed' FROM gap", "SELECT pg_switch_wal()", "CHECKPOINT");
            return "lost".equals(text(server, "SELECT wal_status FROM pg_replication_slots WHERE " + slot()));
        });
        lab.sql("DELETE FROM gap WHERE id > 1");
        accepted(refused(GapCause.WAL_REMOVED, stored), row(1, "captured"));
    }

    @Test
    void aSlotThatWasIdleForTooLongIsAGap() throws Exception {
        CaptureOffset stored = stopCapture();
        lab.sql("ALTER SYSTEM SET idle_replication_slot_timeout = '1s'", "SELECT pg_reload_conf()");
        await(() -> {
            lab.sql("CHECKPOINT");
            return "idle_timeout"
                    .equals(text(server, "SELECT invalidation_reason FROM pg_replication_slots WHERE " + slot()));
        });
        lab.sql("ALTER SYSTEM RESET idle_replication_slot_timeout", "SELECT pg_reload_conf()");
        accepted(refused(GapCause.SLOT_IDLE_TIMEOUT, stored), row(1, "captured"));
    }

    @Test
    void aPublicationThatWasDroppedIsAGap() throws Exception {
        CaptureOffset stored = stopCapture();
        lab.sql("DROP PUBLICATION " + lab.source.publication(), "INSERT INTO gap VALUES (2, 'missed')");
        accepted(refused(GapCause.PUBLICATION_MISSING, stored), row(1, "captured"), row(2, "missed"));
    }

    @Test
    void aTableThatWasTakenOutOfThePublicationHasAGapOfItsOwn() throws Exception {
        CaptureOffset stored = stopCapture();
        lab.sql(
                "ALTER PUBLICATION " + lab.source.publication() + " DROP TABLE gap",
                "INSERT INTO gap VALUES (2, 'missed')");
        lab.start();
        await(() -> lab.events("gap").stream()
                        .filter(event -> event.operation() == Operation.READ)
                        .count()
                == 2);
        assertThat(lab.bean(JdbcTemplate.class)
                        .queryForList(
                                "SELECT operation || ' ' || (after ->> 'cause') || ' ' || (after ->> 'from_lsn') || ' ' || epoch"
                                        + " FROM millrace.change_history WHERE source = ? AND table_name = 'gap'",
                                String.class,
                                lab.id))
                .containsExactly("gap TABLE_UNPUBLISHED " + Lsn.format(stored.endLsn()) + " 1");
        assertThat(lab.catalog().source(lab.id).orElseThrow().state()).isNotEqualTo(SourceState.FAILED);
    }

    /** Returns a copy of the server from before its last captured change. */
    private PostgresCluster backup() throws Exception {
        lab.stop();
        end(server);
        PostgresCluster backup = server.copyTo(CLUSTERS.resolve("backup"));
        started(server);
        lab.sql("INSERT INTO gap VALUES (2, 'after the backup')");
        lab.start();
        lab.awaitEvents("gap", 2);
        return backup;
    }

    @Test
    void aServerThatWasSetBackIsAGap() throws Exception {
        PostgresCluster backup = backup();
        CaptureOffset stored = stopCapture();
        lab.move(started(backup));
        accepted(refused(GapCause.RESTORED, stored), row(1, "captured"));
    }

    @Test
    void aServerThatWasSetBackAndHasWrittenMoreSinceIsAGapToo() throws Exception {
        PostgresCluster backup = backup();
        CaptureOffset stored = stopCapture();
        lab.move(started(backup));
        await(() -> {
            lab.sql(
                    "UPDATE gap SET name = 'another life'",
                    "SELECT pg_logical_emit_message(true, 'test', repeat('x', 20000))");
            return Lsn.parse(text(backup, "SELECT pg_current_wal_lsn()::text")) > stored.endLsn() + 10_000;
        });
        accepted(refused(GapCause.RESTORED, stored), row(1, "another life"));
    }

    @Test
    void anotherSystemIsAGapUntilTheRightOneAnswersAgain() throws Exception {
        CaptureOffset stored = stopCapture();
        PostgresCluster right = server;
        lab.move(started(PostgresCluster.create(CLUSTERS.resolve("other"), "")));
        lab.sql("CREATE TABLE gap (id int PRIMARY KEY, name text)", "INSERT INTO gap VALUES (9, 'elsewhere')");
        refused(GapCause.OTHER_SYSTEM, stored);
        lab.stop();
        lab.move(right);
        lab.sql("INSERT INTO gap VALUES (2, 'not missed')");
        lab.start();
        assertThat(lab.awaitEvents("gap", 2))
                .extracting(event -> String.valueOf(event.after()))
                .containsExactlyInAnyOrder(row(1, "captured"), row(2, "not missed"));
        assertThat(lab.bean(SourceGaps.class).open(lab.id)).isEmpty();
        assertThat(lab.bean(SourceGaps.class).all(lab.id)).singleElement().satisfies(gap -> assertThat(gap.newEpoch())
                .isNull());
    }

    /** Returns a standby that has taken over all that was written so far. */
    private PostgresCluster standby(String... settings) throws Exception {
        lab.stop();
        lab.sql("SELECT pg_create_physical_replication_slot('standby', true)");
        end(server);
        PostgresCluster standby = server.copyTo(CLUSTERS.resolve("standby"));
        started(server);
        started(standby.following(server, "standby").with(settings));
        return standby;
    }

    private void promote(PostgresCluster standby) throws SQLException {
        assertThat(text(standby, "SELECT pg_promote()")).isEqualTo("t");
        lab.move(standby);
    }

    @Test
    void aPromotedStandbyThatLacksWhatWasCapturedIsAGap() throws Exception {
        PostgresCluster standby = standby();
        end(standby);
        lab.sql("INSERT INTO gap VALUES (2, 'not on the standby')");
        lab.start();
        lab.awaitEvents("gap", 2);
        CaptureOffset stored = stopCapture();
        end(server);
        promote(started(standby));
        accepted(refused(GapCause.PROMOTED, stored), row(1, "captured"));
    }

    @Test
    void aPromotedStandbyThatKeptTheSlotInStepGoesOnWithoutAGap() throws Exception {
        PostgresCluster standby = standby("sync_replication_slots = on");
        lab.start();
        lab.sql("INSERT INTO gap VALUES (2, 'on both')");
        lab.awaitEvents("gap", 2);
        assertThat(text(server, "SELECT failover FROM pg_replication_slots WHERE " + slot()))
                .as("the slot can follow a failover")
                .isEqualTo("t");
        // a standby takes a slot over once the slot needs nothing that is older than what the standby has
        await(() -> {
            lab.sql("SELECT pg_logical_emit_message(true, 'millrace.barrier', '')", "SELECT pg_log_standby_snapshot()");
            return "t"
                    .equals(text(standby, "SELECT synced AND NOT temporary FROM pg_replication_slots WHERE " + slot()));
        });
        CaptureOffset stored = stopCapture();
        await(() -> "t"
                .equals(text(
                        standby,
                        "SELECT synced AND NOT temporary AND pg_last_wal_replay_lsn() >= '"
                                + Lsn.format(stored.endLsn())
                                + "' AND confirmed_flush_lsn >= '"
                                + Lsn.format(stored.position().commitLsn())
                                + "' FROM pg_replication_slots WHERE " + slot())));
        end(server);
        promote(standby);
        lab.sql("INSERT INTO gap VALUES (3, 'after the promotion')");
        lab.start();
        assertThat(lab.awaitEvents("gap", 3))
                .extracting(event -> String.valueOf(event.after()))
                .containsExactlyInAnyOrder(row(1, "captured"), row(2, "on both"), row(3, "after the promotion"));
        assertThat(lab.bean(SourceGaps.class).all(lab.id)).isEmpty();
        await(() -> lab.bean(Offsets.class).capture(lab.id).orElseThrow().timeline() == 2);
        assertThat(lab.catalog().table(table.id()).orElseThrow().state()).isEqualTo(TableState.STREAMING);
    }
}
