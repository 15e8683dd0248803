package io.millrace.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.AlertName;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.catalog.preflight.SourceTables;
import io.millrace.event.BeforeCompleteness;
import io.millrace.event.ChangeEvent;
import io.millrace.event.EventHeaders;
import io.millrace.event.Operation;
import io.millrace.event.SourcePosition;
import io.millrace.event.TableId;
import io.millrace.event.kafka.Topics;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Kinds of tables and columns that PostgreSQL publishes in ways of its own. */
@ExtendWith(LocalStackExtension.class)
class TablesIT {

    static CaptureLab lab;

    @BeforeAll
    static void start(LocalStack stack) throws Exception {
        lab = new CaptureLab(stack).start();
    }

    @AfterAll
    static void stop() throws Exception {
        lab.close();
    }

    private static List<String> changes(String table) {
        return CaptureIT.ordered(lab.events(table)).stream()
                .filter(event -> event.operation() != Operation.READ)
                .map(event -> event.operation().word() + " " + event.key() + " "
                        + (event.after() == null ? "" : event.after().toString()))
                .map(String::strip)
                .toList();
    }

    private static List<String> reads(String table) {
        return lab.events(table).stream()
                .filter(event -> event.operation() == Operation.READ)
                .map(event -> event.after().toString())
                .toList();
    }

    private static void awaitReads(String table, String... rows) {
        Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> assertThat(reads(table))
                .contains(rows));
    }

    private static void awaitSnapshots(CapturedTable table) {
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .until(() ->
                        lab.catalog().relations().find(table.id()).orElseThrow().rereadReason() == null
                                && lab.catalog()
                                                .snapshot(table.id())
                                                .orElseThrow()
                                                .state()
                                        == SnapshotState.DONE);
        lab.awaitStreaming(table);
    }

    @Test
    void partitionedTableIsOneTableWhateverItsPartitionsDo() throws Exception {
        lab.sql(
                "CREATE TABLE parted (id int, day int, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
                "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (10) TO (20)",
                "INSERT INTO parted VALUES (1, 1, 'a'), (2, 11, 'b')");
        CapturedTable table = lab.streaming("parted");
        assertThat(reads("parted"))
                .containsExactlyInAnyOrder("{\"id\":1,\"day\":1,\"v\":\"a\"}", "{\"id\":2,\"day\":11,\"v\":\"b\"}");
        lab.sql(
                "INSERT INTO parted VALUES (3, 3, 'c')",
                "UPDATE parted SET v = 'cc' WHERE id = 3",
                // moves to the other partition; the key is another too
                "UPDATE parted SET day = 13 WHERE id = 3",
                "INSERT INTO parted_2 VALUES (4, 14, 'd')",
                "DELETE FROM parted WHERE id = 4");
        Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> assertThat(changes("parted"))
                .containsExactly(
                        "create {\"id\":3,\"day\":3} {\"id\":3,\"day\":3,\"v\":\"c\"}",
                        "update {\"id\":3,\"day\":3} {\"id\":3,\"day\":3,\"v\":\"cc\"}",
                        "delete {\"id\":3,\"day\":3}",
                        "create {\"id\":3,\"day\":13} {\"id\":3,\"day\":13,\"v\":\"cc\"}",
                        "create {\"id\":4,\"day\":14} {\"id\":4,\"day\":14,\"v\":\"d\"}",
                        "delete {\"id\":4,\"day\":14}"));
        long first = lab.catalog().snapshot(table.id()).orElseThrow().id();

        lab.sql(
                "CREATE TABLE parted_3 PARTITION OF parted FOR VALUES FROM (20) TO (30)",
                "INSERT INTO parted VALUES (5, 25, 'e')");
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .until(() -> lab.catalog()
                                .relations()
                                .find(table.id())
                                .orElseThrow()
                                .partitions()
                                .size()
                        == 3);
        assertThat(lab.catalog().snapshot(table.id()).orElseThrow().id())
                .as("a partition that was born as one has nothing that the stream has not")
                .isEqualTo(first);

        lab.sql(
                "CREATE TABLE elsewhere (id int, day int, v text, PRIMARY KEY (id, day))",
                "INSERT INTO elsewhere VALUES (6, 36, 'f')",
                "ALTER TABLE parted ATTACH PARTITION elsewhere FOR VALUES FROM (30) TO (40)",
                "INSERT INTO parted VALUES (7, 37, 'g')");
        awaitReads("parted", "{\"id\":6,\"day\":36,\"v\":\"f\"}");
        awaitSnapshots(table);
        assertThat(changes("parted")).contains("create {\"id\":7,\"day\":37} {\"id\":7,\"day\":37,\"v\":\"g\"}");

        long second = lab.catalog().snapshot(table.id()).orElseThrow().id();
        lab.sql("ALTER TABLE parted DETACH PARTITION parted_1", "UPDATE parted_1 SET v = 'not ours'");
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .until(() -> lab.catalog().snapshot(table.id()).orElseThrow().id() > second);
        awaitSnapshots(table);
        long third = lab.catalog().snapshot(table.id()).orElseThrow().id();
        lab.sql("TRUNCATE parted_2");
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .until(() -> lab.catalog().snapshot(table.id()).orElseThrow().id() > third);
        awaitSnapshots(table);
        assertThat(changes("parted")).noneMatch(change -> change.contains("not ours"));
    }

    @Test
    void generatedColumnsAreSentWherePostgresCanAndLeftOutWhereItCannot() throws Exception {
        lab.sql(
                "CREATE TABLE sums (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int,"
                        + " twice int GENERATED ALWAYS AS (a * 2) STORED, thrice int GENERATED ALWAYS AS (a * 3) VIRTUAL,"
                        + " seq bigint GENERATED BY DEFAULT AS IDENTITY (START 100))",
                "INSERT INTO sums (a) VALUES (1)");
        lab.streaming("sums");
        lab.sql("INSERT INTO sums (a) VALUES (2)", "UPDATE sums SET a = 5 WHERE id = 2");
        Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> assertThat(changes("sums"))
                .containsExactly(
                        "create {\"id\":2} {\"id\":2,\"a\":2,\"twice\":4,\"seq\":101}",
                        "update {\"id\":2} {\"id\":2,\"a\":5,\"twice\":10,\"seq\":101}"));
        assertThat(reads("sums")).containsExactly("{\"id\":1,\"a\":1,\"twice\":2,\"seq\":100}");
    }

    @Test
    void parentAndChildOfAnInheritanceAreTablesOfTheirOwn() throws Exception {
        lab.sql(
                "CREATE TABLE parent (id int PRIMARY KEY, v text)",
                "CREATE TABLE child (extra int, PRIMARY KEY (id)) INHERITS (parent)",
                "INSERT INTO parent VALUES (1, 'p')",
                "INSERT INTO child VALUES (2, 'c', 7)");
        lab.streaming("parent");
        lab.streaming("child");
        lab.sql("UPDATE parent SET v = v || '!'");
        Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> {
            assertThat(changes("parent")).containsExactly("update {\"id\":1} {\"id\":1,\"v\":\"p!\"}");
            assertThat(changes("child")).containsExactly("update {\"id\":2} {\"id\":2,\"v\":\"c!\",\"extra\":7}");
        });
        assertThat(reads("parent")).containsExactly("{\"id\":1,\"v\":\"p\"}");
        assertThat(reads("child")).containsExactly("{\"id\":2,\"v\":\"c\",\"extra\":7}");
    }

    @Test
    void keysOfArraysAreReadInTheirOrder() throws Exception {
        lab.sql(
                "CREATE TABLE array_keys (path int[], tags text[], raw bytea[], PRIMARY KEY (path, tags, raw))",
                "INSERT INTO array_keys SELECT ARRAY[[i % 7], [i]], ARRAY['a \"b\" \\', 'c,{d}', NULL, i::text],"
                        + " ARRAY[decode(to_hex(i + 4096), 'hex')] FROM generate_series(1, 3000) i",
                "INSERT INTO array_keys VALUES ('{}', '{}', '{}'), ('[0:1]={1,2}', '{NULL,\"NULL\"}', '{}')");
        lab.streaming("array_keys");
        assertThat(reads("array_keys"))
                .hasSize(3002)
                .doesNotHaveDuplicates()
                .contains(
                        "{\"path\":[],\"tags\":[],\"raw\":[]}",
                        "{\"path\":[[3],[10]],\"tags\":[\"a \\\"b\\\" \\\\\",\"c,{d}\",null,\"10\"],\"raw\":[\"EAo=\"]}");
    }

    @Test
    void anyLegalNameIsCaptured() throws Exception {
        List<String> names = List.of(
                "a.b",
                "a,b",
                "a_b",
                "A",
                "sp ace",
                "q\"uote",
                "p%40",
                "sla/sh\\",
                "日".repeat(21),
                "'; drop",
                "*",
                "-dash",
                "_x2e");
        for (String name : names) {
            String quoted = TableId.quote(name);
            lab.sql(
                    "CREATE TABLE " + quoted + " (" + quoted
                            + " int PRIMARY KEY, \"v.v\" text, \"V\" text, \"v\"\"v\" text, \"ü,\" int)",
                    "INSERT INTO " + quoted + " VALUES (1, 'a', 'b', 'c', 4)");
            lab.streaming(name);
            lab.sql("UPDATE " + quoted + " SET \"V\" = 'B'");
        }
        for (String name : names) {
            String key = "\"" + name.replace("\\", "\\\\").replace("\"", "\\\"") + "\":1";
            Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> assertThat(changes(name))
                    .containsExactly(
                            "update {" + key + "} {" + key + ",\"v.v\":\"a\",\"V\":\"B\",\"v\\\"v\":\"c\",\"ü,\":4}"));
        }
        assertThat(lab.catalog().tables())
                .extracting(CapturedTable::topic)
                .allMatch(topic -> topic.matches("[a-zA-Z0-9._-]{1,209}"))
                .doesNotHaveDuplicates();
    }

    @Test
    void beforeImageSaysWhatItIsAndInventsNothing() throws Exception {
        lab.sql(
                "CREATE TABLE images (id int PRIMARY KEY, n int NOT NULL DEFAULT 5, t text NOT NULL DEFAULT 'd', big text NOT NULL)",
                "ALTER TABLE images ALTER big SET STORAGE EXTERNAL");
        lab.streaming("images");
        lab.sql(
                "INSERT INTO images VALUES (1, 1, 'a', repeat('x', 9000))",
                "UPDATE images SET n = 2",
                // in one transaction: nobody can read the row under its new key, which is asked for, as its large value
                // is not sent
                "DO $$ BEGIN UPDATE images SET id = 3; DELETE FROM images; END $$",
                "ALTER TABLE images REPLICA IDENTITY FULL",
                "INSERT INTO images VALUES (4, 4, 'b', repeat('y', 9000))",
                "UPDATE images SET n = 44",
                "DELETE FROM images");
        List<ChangeEvent> events = CaptureIT.ordered(lab.awaitEvents("images", 8));
        assertThat(events)
                .extracting(ChangeEvent::beforeCompleteness)
                .containsExactly(
                        BeforeCompleteness.NONE,
                        BeforeCompleteness.NONE,
                        BeforeCompleteness.KEY,
                        BeforeCompleteness.NONE,
                        BeforeCompleteness.KEY,
                        BeforeCompleteness.NONE,
                        BeforeCompleteness.FULL,
                        BeforeCompleteness.FULL);
        String big = "\"big\":\"" + "y".repeat(9000) + "\"}";
        assertThat(events)
                .extracting(event ->
                        event.before() == null ? "none" : event.before().toString())
                .containsExactly(
                        "none",
                        "none",
                        "{\"id\":1}",
                        "none",
                        "{\"id\":3}",
                        "none",
                        "{\"id\":4,\"n\":4,\"t\":\"b\"," + big,
                        "{\"id\":4,\"n\":44,\"t\":\"b\"," + big);
        assertThat(events)
                .extracting(event -> String.join(",", event.unavailable()))
                .containsExactly("", "big", "", "big", "", "", "", "");
        assertThat(events.get(6).after()).hasToString("{\"id\":4,\"n\":44,\"t\":\"b\"," + big);
    }

    @Test
    void truncateOfSeveralTablesReachesEachWithItsCascade() throws Exception {
        lab.sql(
                "CREATE TABLE trunk (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)",
                "CREATE TABLE branch (id int PRIMARY KEY, trunk int REFERENCES trunk)",
                "CREATE TABLE bush (id int PRIMARY KEY)");
        for (String table : List.of("trunk", "branch", "bush")) {
            lab.streaming(table);
        }
        lab.sql(
                "INSERT INTO trunk DEFAULT VALUES",
                "INSERT INTO branch VALUES (1, 1)",
                "INSERT INTO bush VALUES (1)",
                "BEGIN; INSERT INTO bush VALUES (2); TRUNCATE trunk, bush RESTART IDENTITY CASCADE; INSERT INTO trunk DEFAULT VALUES; COMMIT");
        Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> {
            assertThat(changes("trunk"))
                    .containsExactly(
                            "create {\"id\":1} {\"id\":1}",
                            "truncate null",
                            "truncate null",
                            "truncate null",
                            "create {\"id\":1} {\"id\":1}");
            assertThat(changes("branch"))
                    .containsExactly(
                            "create {\"id\":1} {\"id\":1,\"trunk\":1}",
                            "truncate null",
                            "truncate null",
                            "truncate null");
            assertThat(changes("bush"))
                    .containsExactly(
                            "create {\"id\":1} {\"id\":1}",
                            "create {\"id\":2} {\"id\":2}",
                            "truncate null",
                            "truncate null",
                            "truncate null");
        });
        assertThat(List.of("trunk", "branch", "bush"))
                .flatExtracting(lab::events)
                .filteredOn(event -> event.operation() == Operation.TRUNCATE)
                .extracting(ChangeEvent::eventId)
                .doesNotContainNull()
                .satisfies(ids -> assertThat(ids.stream().distinct()).hasSize(3));
    }

    /** VACUUM and CREATE INDEX CONCURRENTLY hold such a lock for hours. */
    @Test
    void aTableThatSomebodyHoldsIsWaitedForAndHoldsUpNoOther() throws Exception {
        lab.sql(
                "CREATE TABLE vacuumed (id int PRIMARY KEY)",
                "CREATE TABLE indexed (id int PRIMARY KEY)",
                "CREATE TABLE at_ease (id int PRIMARY KEY)");
        CapturedTable indexed = lab.streaming("indexed");
        CapturedTable vacuumed;
        try (Connection owner = lab.open();
                java.sql.Statement statement = owner.createStatement()) {
            owner.setAutoCommit(false);
            statement.execute("LOCK TABLE vacuumed, indexed IN SHARE UPDATE EXCLUSIVE MODE");
            vacuumed = lab.register("vacuumed");
            lab.catalog().tableState(indexed.id(), TableState.REMOVING, null);
            for (CapturedTable held : List.of(vacuumed, indexed)) {
                Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> assertThat(
                                lab.catalog().table(held.id()).orElseThrow().message())
                        .startsWith("Somebody alters or vacuums the table"));
            }
            lab.streaming("at_ease");
            lab.sql("INSERT INTO at_ease VALUES (1)");
            lab.awaitEvents("at_ease", 1);
            owner.commit();
        }
        lab.awaitStreaming(vacuumed);
        assertThat(lab.catalog().table(vacuumed.id()).orElseThrow().message()).isNull();
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .until(() -> lab.catalog().table(indexed.id()).isEmpty());
    }

    @Test
    void aTopicThatIsLeftFromAnotherInstallationRefusesItsTable() throws Exception {
        lab.sql("CREATE TABLE left_over (id int PRIMARY KEY)");
        TopicPartition left = new TopicPartition(Topics.of(lab.id, new TableId("public", "left_over")), 0);
        ProducerRecord<byte[], byte[]> later = new ProducerRecord<>(left.topic(), left.partition(), null, new byte[0]);
        later.headers()
                .add(
                        EventHeaders.POSITION,
                        new SourcePosition(99, 1, 0).toString().getBytes(UTF_8));
        Map<String, Object> kafka = Map.of("bootstrap.servers", lab.stack.kafkaBootstrapServers());
        try (Admin admin = Admin.create(kafka);
                var producer = new KafkaProducer<>(kafka, new ByteArraySerializer(), new ByteArraySerializer())) {
            admin.createTopics(List.of(new NewTopic(left.topic(), 1, (short) 1)))
                    .all()
                    .get();
            producer.send(later).get();
        }

        CapturedTable table = lab.register("left_over");
        Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> assertThat(lab.alerts(table))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.name()).isEqualTo(AlertName.TABLE_FAILED);
                    assertThat(alert.message()).contains("The topic " + left.topic() + " holds later changes");
                }));
        assertThat(lab.catalog().table(table.id()).orElseThrow().state()).isEqualTo(TableState.FAILED);

        try (Admin admin = Admin.create(kafka)) {
            admin.deleteRecords(Map.of(left, RecordsToDelete.beforeOffset(1)))
                    .all()
                    .get();
        }
        lab.catalog().tableState(table.id(), TableState.PENDING, null);
        lab.awaitStreaming(table);
        assertThat(lab.alerts(table)).isEmpty();
    }

    @Test
    void whatPostgresCannotPublishIsNotTaken() throws Exception {
        lab.sql(
                "CREATE EXTENSION IF NOT EXISTS postgres_fdw",
                "CREATE SERVER IF NOT EXISTS far FOREIGN DATA WRAPPER postgres_fdw",
                "CREATE FOREIGN TABLE foreigner (id int) SERVER far",
                "CREATE MATERIALIZED VIEW frozen AS SELECT 1 AS id",
                "CREATE VIEW window_ AS SELECT 1 AS id",
                "CREATE UNLOGGED TABLE fleeting (id int PRIMARY KEY)",
                "CREATE SEQUENCE counter");
        try (Connection connection = lab.open();
                java.sql.Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP TABLE mine (id int PRIMARY KEY)");
            String temporary;
            try (java.sql.ResultSet row =
                    statement.executeQuery("SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()")) {
                row.next();
                temporary = row.getString(1);
            }
            assertThat(kind(connection, new TableId("public", "foreigner"))).isEqualTo(SourceTable.Kind.FOREIGN);
            assertThat(kind(connection, new TableId("public", "frozen"))).isEqualTo(SourceTable.Kind.MATERIALIZED_VIEW);
            assertThat(kind(connection, new TableId("public", "window_"))).isEqualTo(SourceTable.Kind.VIEW);
            assertThat(kind(connection, new TableId("public", "fleeting"))).isEqualTo(SourceTable.Kind.UNLOGGED);
            assertThat(kind(connection, new TableId("public", "counter"))).isEqualTo(SourceTable.Kind.OTHER);
            assertThat(kind(connection, new TableId(temporary, "mine"))).isEqualTo(SourceTable.Kind.TEMPORARY);
        }
    }

    private static SourceTable.Kind kind(Connection connection, TableId table) throws Exception {
        SourceTable found = new SourceTables().find(connection, table).orElseThrow();
        assertThat(found.capturable()).isFalse();
        return found.kind();
    }
}
