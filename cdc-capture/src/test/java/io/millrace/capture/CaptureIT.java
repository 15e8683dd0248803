package io.millrace.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Offsets;
import io.millrace.event.BeforeCompleteness;
import io.millrace.event.ChangeEvent;
import io.millrace.event.ChangeEventCodec;
import io.millrace.event.Lsn;
import io.millrace.event.Operation;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalStackExtension.class)
class CaptureIT {

    static CaptureLab lab;

    @BeforeAll
    static void start(LocalStack stack) throws Exception {
        lab = new CaptureLab(stack).start();
    }

    @AfterAll
    static void stop() throws Exception {
        lab.close();
    }

    @Test
    void everyOperationIsOneRecordInOrder() throws Exception {
        lab.sql("CREATE TABLE ops (id int PRIMARY KEY, name text)");
        lab.streaming("ops");
        lab.sql(
                "INSERT INTO ops VALUES (1, 'one \"quoted\"')",
                "UPDATE ops SET name = 'uno' WHERE id = 1",
                "UPDATE ops SET id = 2 WHERE id = 1",
                "DELETE FROM ops WHERE id = 2");
        List<ChangeEvent> events = ordered(lab.awaitEvents("ops", 5));
        assertThat(events)
                .extracting(ChangeEvent::operation)
                .containsExactly(
                        Operation.CREATE, Operation.UPDATE, Operation.DELETE, Operation.CREATE, Operation.DELETE);
        assertThat(events)
                .extracting(event -> String.valueOf(event.key()))
                .containsExactly("{\"id\":1}", "{\"id\":1}", "{\"id\":1}", "{\"id\":2}", "{\"id\":2}");
        assertThat(events.get(0).after()).hasToString("{\"id\":1,\"name\":\"one \\\"quoted\\\"\"}");
        assertThat(events.get(1).before()).isNull();
        assertThat(events.get(2).before()).hasToString("{\"id\":1}");
        assertThat(events.get(2).beforeCompleteness()).isEqualTo(BeforeCompleteness.KEY);
        assertThat(events.get(3).position().ordinal()).isEqualTo(1);
        assertThat(events).extracting(ChangeEvent::eventId).doesNotHaveDuplicates();
    }

    @Test
    void fullIdentityGivesTheWholeRowBefore() throws Exception {
        lab.sql(
                "CREATE TABLE full_identity (id int PRIMARY KEY, name text, big text)",
                "ALTER TABLE full_identity ALTER big SET STORAGE EXTERNAL",
                "ALTER TABLE full_identity REPLICA IDENTITY FULL");
        lab.streaming("full_identity");
        lab.sql("INSERT INTO full_identity VALUES (1, 'a', repeat('x', 10000))", "UPDATE full_identity SET name = 'b'");
        ChangeEvent update = ordered(lab.awaitEvents("full_identity", 2)).get(1);
        assertThat(update.beforeCompleteness()).isEqualTo(BeforeCompleteness.FULL);
        assertThat(update.before().toString()).startsWith("{\"id\":1,\"name\":\"a\",\"big\":\"xxx");
        assertThat(update.unavailable()).isEmpty();
        assertThat(update.after().toString()).startsWith("{\"id\":1,\"name\":\"b\",\"big\":\"xxx");
    }

    @Test
    void valueThatWasNotSentIsMarkedAndNotInvented() throws Exception {
        lab.sql(
                "CREATE TABLE toast (id int PRIMARY KEY, name text NOT NULL, big text NOT NULL)",
                "ALTER TABLE toast ALTER big SET STORAGE EXTERNAL");
        lab.streaming("toast");
        lab.sql("INSERT INTO toast VALUES (1, 'a', repeat('x', 10000))", "UPDATE toast SET name = 'b'");
        ChangeEvent update = ordered(lab.awaitEvents("toast", 2)).get(1);
        assertThat(update.before()).isNull();
        assertThat(update.unavailable()).containsExactly("big");
        assertThat(update.after())
                .hasToString("{\"id\":1,\"name\":\"b\",\"big\":\"" + ChangeEventCodec.UNAVAILABLE + "\"}");
    }

    @Test
    void truncateIsInEveryPartition() throws Exception {
        lab.sql("CREATE TABLE emptied (id int PRIMARY KEY)");
        lab.streaming("emptied");
        lab.sql("INSERT INTO emptied SELECT generate_series(1, 10)", "TRUNCATE emptied");
        List<ChangeEvent> events = lab.awaitEvents("emptied", 13);
        List<ChangeEvent> truncates = events.stream()
                .filter(event -> event.operation() == Operation.TRUNCATE)
                .toList();
        assertThat(truncates).hasSize(3);
        assertThat(truncates)
                .extracting(ChangeEvent::eventId)
                .containsOnly(truncates.get(0).eventId());
        assertThat(truncates.get(0).key()).isNull();
    }

    @Test
    void transactionsThatInterleaveKeepTheirOrdinalsAndActors() throws Exception {
        lab.sql("CREATE TABLE woven (id int PRIMARY KEY)");
        lab.streaming("woven");
        try (Connection a = lab.open();
                Connection b = lab.open();
                Statement first = a.createStatement();
                Statement second = b.createStatement()) {
            a.setAutoCommit(false);
            b.setAutoCommit(false);
            first.execute("SELECT pg_logical_emit_message(true, 'millrace.actor', '{\"user\":\"ann\"}')");
            for (int i = 0; i < 10; i++) {
                first.execute("INSERT INTO woven VALUES (" + i + ")");
                second.execute("INSERT INTO woven VALUES (" + (100 + i) + ")");
            }
            b.commit();
            a.commit();
        }
        List<ChangeEvent> events = ordered(lab.awaitEvents("woven", 20));
        assertThat(events).hasSize(20);
        assertThat(events.subList(0, 10))
                .allSatisfy(event -> assertThat(event.after().toString()).matches("\\{\"id\":10\\d}"))
                .allSatisfy(event -> assertThat(event.transaction().actor()).isNull());
        assertThat(events.subList(10, 20))
                .allSatisfy(event -> assertThat(event.transaction().actor()).isEqualTo("{\"user\":\"ann\"}"));
        assertThat(events.subList(10, 20))
                .extracting(event -> event.position().ordinal())
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    @Test
    void rowsThatWereThereAreReadAndChangesDuringTheReadingWin() throws Exception {
        lab.sql(
                "CREATE TABLE busy (id int PRIMARY KEY, n int NOT NULL, big text)",
                "ALTER TABLE busy ALTER big SET STORAGE EXTERNAL",
                "INSERT INTO busy SELECT i, 0, repeat('y', CASE WHEN i % 50 = 0 THEN 9000 ELSE 10 END) FROM generate_series(1, 20000) i");
        AtomicBoolean writing = new AtomicBoolean(true);
        Thread writer = new Thread(() -> {
            try (Connection connection = lab.open();
                    Statement statement = connection.createStatement()) {
                for (int i = 1; writing.get(); i++) {
                    int id = i * 7919 % 20000 + 1;
                    statement.execute("UPDATE busy SET n = n + 1 WHERE id IN (" + id + ", " + (id / 50 * 50) + ")");
                    if (i % 10 == 0) {
                        statement.execute("DELETE FROM busy WHERE id = " + (i * 31 % 20000 + 1));
                        statement.execute("INSERT INTO busy VALUES (" + (20000 + i) + ", 0, 'new')");
                    }
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        writer.start();
        lab.streaming("busy");
        writing.set(false);
        writer.join();
        awaitCaughtUp();

        Map<String, String> rows = new java.util.HashMap<>();
        Map<String, Long> versions = new java.util.HashMap<>();
        for (ChangeEvent event : lab.events("busy")) {
            String key = event.key().json();
            if (versions.getOrDefault(key, 0L) > event.rowVersion()) {
                continue;
            }
            versions.put(key, event.rowVersion());
            if (event.operation() == Operation.DELETE) {
                rows.remove(key);
            } else if (event.unavailable().isEmpty()) {
                rows.put(key, event.after().toString());
            } else {
                assertThat(rows)
                        .as("a partial update needs the row before it, in a sink")
                        .isNotNull();
                String old = rows.get(key);
                String n = event.after().columns().get("n") == null
                        ? ""
                        : new String(event.after().columns().get("n"));
                rows.put(key, old == null ? "partial" : old.replaceFirst("\"n\":\\d+", "\"n\":" + n));
            }
        }
        Map<String, String> source = new java.util.HashMap<>();
        try (Connection connection = lab.open();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT id, n, big FROM busy")) {
            while (row.next()) {
                source.put(
                        "{\"id\":" + row.getInt(1) + "}",
                        "{\"id\":" + row.getInt(1) + ",\"n\":" + row.getInt(2) + ",\"big\":\"" + row.getString(3)
                                + "\"}");
            }
        }
        assertThat(rows.keySet()).isEqualTo(source.keySet());
        assertThat(rows.entrySet()).allSatisfy(row -> assertThat(row.getValue()).isEqualTo(source.get(row.getKey())));
    }

    @Test
    void keylessTableIsReadAndItsUpdatesGoOnWorking() throws Exception {
        lab.sql("CREATE TABLE log_lines (line text)", "INSERT INTO log_lines VALUES ('before')");
        CapturedTable table = lab.streaming("log_lines", "audit");
        assertThat(table.hasKey()).isFalse();
        lab.sql("INSERT INTO log_lines VALUES ('after')", "UPDATE log_lines SET line = line || '!'");
        List<ChangeEvent> events = lab.awaitEvents("log_lines", 2);
        assertThat(events).extracting(ChangeEvent::operation).containsExactly(Operation.READ, Operation.CREATE);
        assertThat(lab.records("log_lines"))
                .allSatisfy(record -> assertThat(record.key()).isNull());
    }

    @Test
    void theEndThatABarrierWaitsForIsStoredPromptly() throws Exception {
        awaitCaughtUp();
        long begun = System.nanoTime();
        awaitCaughtUp();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void addedColumnIsANewVersion() throws Exception {
        lab.sql("CREATE TABLE grows (id int PRIMARY KEY)");
        CapturedTable table = lab.streaming("grows");
        lab.sql(
                "INSERT INTO grows VALUES (1)",
                "ALTER TABLE grows ADD name text DEFAULT 'x'",
                "INSERT INTO grows VALUES (2, 'two')");
        List<ChangeEvent> events = ordered(lab.awaitEvents("grows", 2));
        assertThat(events).extracting(ChangeEvent::schemaVersion).containsExactly(1, 2);
        assertThat(events.get(1).after()).hasToString("{\"id\":2,\"name\":\"two\"}");
        assertThat(lab.catalog().table(table.id()).orElseThrow().columns()).hasSize(2);
    }

    /** Waits as a barrier does. */
    static void awaitCaughtUp() throws Exception {
        long target;
        try (Connection connection = lab.open();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_logical_emit_message(false, 'millrace.barrier', ''), pg_current_xact_id()");
            try (ResultSet row = statement.executeQuery("SELECT pg_current_wal_insert_lsn()::text")) {
                row.next();
                target = Lsn.parse(row.getString(1));
            }
        }
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .pollInterval(Duration.ofMillis(5))
                .until(() ->
                        lab.bean(Offsets.class).capture(lab.id).orElseThrow().endLsn() >= target);
    }

    static List<ChangeEvent> ordered(List<ChangeEvent> events) {
        return events.stream()
                .sorted(Comparator.comparing(ChangeEvent::position))
                .toList();
    }
}
