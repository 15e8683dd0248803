package io.millrace.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.capture.engine.Killer;
import io.millrace.catalog.GapCause;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.SourceGap;
import io.millrace.catalog.SourceGaps;
import io.millrace.catalog.SourceState;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.Service;
import io.millrace.localstack.junit.LocalStackExtension;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.PGConnection;

@ExtendWith(LocalStackExtension.class)
class CaptureRestartIT {

    private CaptureLab lab;

    @BeforeEach
    void start(LocalStack stack) throws Exception {
        lab = new CaptureLab(stack).start();
    }

    @AfterEach
    void stop() throws Exception {
        lab.close();
    }

    private void kill() {
        Killer.kill(lab.bean("captureSupervisor"));
        lab.stop();
    }

    private static void copy(Connection connection, String table, int from, int to) throws Exception {
        StringBuilder rows = new StringBuilder();
        for (int i = from; i < to; i++) {
            rows.append(i).append("\tname ").append(i).append('\n');
        }
        connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn("COPY " + table + " FROM STDIN", new java.io.StringReader(rows.toString()));
    }

    @Test
    void killedInTheMiddleOfACopyLosesAndRepeatsNothing() throws Exception {
        int rows = 150_000;
        lab.sql("CREATE TABLE copied (id int PRIMARY KEY, name text)");
        lab.streaming("copied");
        try (Connection connection = lab.open();
                Connection other = lab.open();
                Statement woven = other.createStatement()) {
            other.setAutoCommit(false);
            woven.execute("INSERT INTO copied VALUES (1000001, 'woven')");
            copy(connection, "copied", 0, rows);
            woven.execute("INSERT INTO copied VALUES (1000002, 'woven')");
            other.commit();
        }
        for (int threshold : List.of(5_000, 60_000, 110_000)) {
            Awaitility.await()
                    .atMost(CaptureLab.PATIENCE)
                    .pollDelay(java.time.Duration.ZERO)
                    .pollInterval(java.time.Duration.ofMillis(5))
                    .until(() -> lab.topicSize("copied") >= threshold);
            kill();
            System.out.println("killed at " + lab.topicSize("copied"));
            lab.start();
        }
        Awaitility.await().atMost(CaptureLab.PATIENCE).until(() -> lab.topicSize("copied") >= rows + 2);
        lab.sql("INSERT INTO copied VALUES (2000000, 'last')");
        Awaitility.await().atMost(CaptureLab.PATIENCE).until(() -> lab.topicSize("copied") >= rows + 3);
        List<ChangeEvent> events = lab.events("copied");
        Set<String> ids = new HashSet<>();
        Set<String> keys = new HashSet<>();
        for (ChangeEvent event : events) {
            assertThat(ids.add(event.eventId()))
                    .as("published twice: %s", event.eventId())
                    .isTrue();
            keys.add(event.key().json());
        }
        assertThat(events).hasSize(rows + 3);
        assertThat(keys).hasSize(rows + 3);
    }

    @Test
    void stopDrainsAndTheNextStartRepeatsNothing() throws Exception {
        lab.sql("CREATE TABLE drained (id int PRIMARY KEY)");
        lab.streaming("drained");
        lab.sql("INSERT INTO drained SELECT generate_series(1, 1000)");
        lab.awaitEvents("drained", 1000);
        lab.stop();
        lab.sql("INSERT INTO drained SELECT generate_series(1001, 2000)", "DELETE FROM drained WHERE id = 7");
        lab.start();
        List<ChangeEvent> events = lab.awaitEvents("drained", 2001);
        assertThat(events).hasSize(2001).extracting(ChangeEvent::eventId).doesNotHaveDuplicates();
    }

    @Test
    void killedSnapshotGoesOnBehindItsLastKey() throws Exception {
        lab.sql(
                "CREATE TABLE large (id int PRIMARY KEY, name text)",
                "INSERT INTO large SELECT i, 'name ' || i FROM generate_series(1, 100000) i");
        var table = lab.register("large");
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .pollInterval(java.time.Duration.ofMillis(5))
                .until(() -> lab.catalog().snapshot(table.id()).orElseThrow().rowsDone() > 10_000);
        kill();
        lab.start();
        lab.awaitStreaming(table);
        List<ChangeEvent> events = lab.events("large");
        Set<String> keys = new HashSet<>();
        events.forEach(event -> keys.add(event.key().json()));
        assertThat(keys).hasSize(100_000);
        assertThat(events).extracting(ChangeEvent::operation).containsOnly(Operation.READ);
        assertThat(events).hasSizeLessThanOrEqualTo(105_000);
    }

    @Test
    void kafkaOutageIsWaitedOutInOrder(LocalStack stack) throws Exception {
        lab.sql("CREATE TABLE outage (id int PRIMARY KEY, n int)");
        lab.streaming("outage");
        lab.sql("INSERT INTO outage VALUES (1, 0)");
        lab.awaitEvents("outage", 1);
        stack.kill(Service.KAFKA);
        for (int i = 1; i <= 200; i++) {
            lab.sql("UPDATE outage SET n = " + i);
        }
        stack.start(Service.KAFKA);
        List<ChangeEvent> events = lab.awaitEvents("outage", 201);
        assertThat(events).hasSize(201);
        for (int i = 0; i <= 200; i++) {
            assertThat(events.get(i).after()).hasToString("{\"id\":1,\"n\":" + i + "}");
        }
    }

    private static void signalKafka(LocalStack stack, String signal) throws Exception {
        List<String> processes = Files.readAllLines(stack.dataDirectory().resolve("run/kafka"));
        for (String process : processes.subList(1, processes.size())) {
            assertThat(new ProcessBuilder("kill", "-" + signal, process.split(" ")[0])
                            .start()
                            .waitFor())
                    .isZero();
        }
    }

    private String ofSource(String query) {
        try (Connection connection = lab.open();
                Statement statement = connection.createStatement();
                var row = statement.executeQuery(query)) {
            return row.next() ? row.getString(1) : "";
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    @Test
    void theSlotIsNotToldWhatAStoppedKafkaDoesNotHave(LocalStack stack) throws Exception {
        lab.sql("CREATE TABLE unsafe (id int PRIMARY KEY)");
        lab.streaming("unsafe");
        String slot = " FROM pg_replication_slots WHERE slot_name = '" + lab.source.slot() + "'";
        String reader = " FROM pg_stat_replication WHERE pid = (SELECT active_pid" + slot + ")";
        String peek = lab.id + "_peek";
        lab.sql("SELECT pg_create_logical_replication_slot('" + peek + "', 'pgoutput')");
        signalKafka(stack, "STOP");
        String after;
        try {
            lab.sql("INSERT INTO unsafe SELECT generate_series(1, 100)");
            after = ofSource("SELECT pg_current_wal_insert_lsn()");
            String read = after;
            Awaitility.await().atMost(CaptureLab.PATIENCE).until(() -> ofSource(
                            "SELECT sent_lsn >= '" + read + "'" + reader)
                    .equals("t"));
            String sent = ofSource("SELECT clock_timestamp()");
            Awaitility.await().atMost(CaptureLab.PATIENCE).until(() -> ofSource(
                            "SELECT reply_time > '" + sent + "'" + reader)
                    .equals("t"));
            String committed = ofSource("SELECT max(lsn) FROM pg_logical_slot_peek_binary_changes('" + peek
                    + "', NULL, NULL, 'proto_version', '1', 'publication_names', '" + lab.source.publication() + "')");
            assertThat(ofSource("SELECT confirmed_flush_lsn < '" + committed + "'" + slot))
                    .as("capture has read 100 changes and answered, and Kafka has none of them")
                    .isEqualTo("t");
        } finally {
            signalKafka(stack, "CONT");
            lab.sql("SELECT pg_drop_replication_slot('" + peek + "')");
        }
        Awaitility.await().atMost(CaptureLab.PATIENCE).until(() -> ofSource(
                        "SELECT confirmed_flush_lsn >= '" + after + "'" + slot)
                .equals("t"));
        assertThat(lab.events("unsafe")).hasSize(100);
    }

    @Test
    void lostSlotIsRefusedLoudlyAndANewEpochGoesOn() throws Exception {
        lab.sql("CREATE TABLE gap (id int PRIMARY KEY)");
        lab.streaming("gap");
        lab.sql("INSERT INTO gap VALUES (1)");
        lab.awaitEvents("gap", 1);
        lab.stop();
        lab.sql(
                "SELECT pg_drop_replication_slot('" + lab.source.slot() + "')",
                "INSERT INTO gap VALUES (2)",
                "SELECT pg_create_logical_replication_slot('" + lab.source.slot() + "', 'pgoutput')");
        lab.start();
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .until(() -> lab.catalog().source(lab.id).orElseThrow().state() == SourceState.FAILED);
        assertThat(lab.catalog().source(lab.id).orElseThrow().message())
                .contains("may be missing")
                .contains("POST /api/v1/sources/" + lab.id + "/epochs");
        SourceGaps gaps = lab.bean(SourceGaps.class);
        SourceGap gap = gaps.open(lab.id).orElseThrow();
        assertThat(gap.cause()).isEqualTo(GapCause.SLOT_MOVED);
        assertThat(gaps.accept(lab.id, gap.id(), "dba")).contains(2);
        List<ChangeEvent> events = lab.awaitEvents("gap", 3);
        assertThat(events.stream().filter(event -> event.operation() == Operation.READ))
                .extracting(event -> event.key().json())
                .containsExactlyInAnyOrder("{\"id\":1}", "{\"id\":2}");
        assertThat(lab.bean(Offsets.class).capture(lab.id).orElseThrow().epoch())
                .isEqualTo(2);
    }

    @Test
    void secondProcessStandsByAndTakesOver() throws Exception {
        lab.sql("CREATE TABLE shared (id int PRIMARY KEY)");
        lab.streaming("shared");
        var second = lab.process();
        try {
            lab.sql("INSERT INTO shared VALUES (1)");
            lab.awaitEvents("shared", 1);
            kill();
            lab.sql("INSERT INTO shared VALUES (2)");
            List<ChangeEvent> events = lab.awaitEvents("shared", 2);
            assertThat(events).extracting(ChangeEvent::eventId).hasSize(2).doesNotHaveDuplicates();
        } finally {
            second.close();
        }
    }
}
