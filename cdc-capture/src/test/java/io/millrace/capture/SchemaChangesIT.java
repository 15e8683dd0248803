package io.millrace.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.Alert;
import io.millrace.catalog.AlertName;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSchema;
import io.millrace.catalog.TableState;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tables change while they are captured, and every event is decoded with the columns that it was written under. */
@ExtendWith(LocalStackExtension.class)
class SchemaChangesIT {

    static CaptureLab lab;

    @BeforeAll
    static void start(LocalStack stack) throws Exception {
        lab = new CaptureLab(stack).start();
    }

    @AfterAll
    static void stop() throws Exception {
        lab.close();
    }

    /** Changes alone, in their order: version, and the row. */
    private static List<String> written(String table) {
        List<ChangeEvent> events = lab.events(table).stream()
                .filter(event -> event.operation() != Operation.READ)
                .toList();
        return CaptureIT.ordered(events).stream()
                .map(event -> event.schemaVersion() + " "
                        + (event.after() == null
                                ? "- " + event.key()
                                : event.after().toString()))
                .toList();
    }

    private static void awaitWritten(String table, String... expected) {
        Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> assertThat(written(table))
                .containsExactly(expected));
    }

    /** What the topic says that the table holds: the newest state of every key. */
    private static Map<String, String> rows(String table) {
        Map<String, String> rows = new TreeMap<>();
        Map<String, Long> versions = new TreeMap<>();
        for (ChangeEvent event : lab.events(table)) {
            if (event.key() != null && versions.getOrDefault(event.key().json(), 0L) <= event.rowVersion()) {
                versions.put(event.key().json(), event.rowVersion());
                if (event.after() == null) {
                    rows.remove(event.key().json());
                } else {
                    rows.put(event.key().json(), event.after().toString());
                }
            }
        }
        return rows;
    }

    private static void awaitRows(String table, String... expected) {
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .untilAsserted(() -> assertThat(rows(table).values()).containsExactlyInAnyOrder(expected));
    }

    private static void awaitAlerts(CapturedTable table, String... names) {
        Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> assertThat(lab.alerts(table))
                .extracting(Alert::name)
                .containsExactlyInAnyOrder(names));
    }

    private static void awaitQuiet(CapturedTable table) {
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
    void oneTransactionHoldsEveryVersionAndItsRows() throws Exception {
        lab.sql("CREATE TABLE one_go (id int PRIMARY KEY, a int, b text)");
        CapturedTable table = lab.streaming("one_go");
        lab.sql(
                "BEGIN; INSERT INTO one_go VALUES (1, 10, 'x');"
                        + " ALTER TABLE one_go ADD c numeric(5,2) DEFAULT 1.5; INSERT INTO one_go VALUES (2, 20, 'y', 2.5);"
                        + " ALTER TABLE one_go RENAME b TO label; UPDATE one_go SET label = 'z' WHERE id = 2;"
                        + " ALTER TABLE one_go ALTER a TYPE text USING 'n' || a; INSERT INTO one_go VALUES (3, 'thirty', 'w', NULL);"
                        + " ALTER TABLE one_go DROP c; INSERT INTO one_go VALUES (4, 'forty', 'v'); COMMIT",
                "INSERT INTO one_go VALUES (5, 'fifty', 'u')");
        awaitWritten(
                "one_go",
                "1 {\"id\":1,\"a\":10,\"b\":\"x\"}",
                "2 {\"id\":2,\"a\":20,\"b\":\"y\",\"c\":\"2.50\"}",
                "3 {\"id\":2,\"a\":20,\"label\":\"z\",\"c\":\"2.50\"}",
                "4 {\"id\":3,\"a\":\"thirty\",\"label\":\"w\",\"c\":null}",
                "5 {\"id\":4,\"a\":\"forty\",\"label\":\"v\"}",
                "5 {\"id\":5,\"a\":\"fifty\",\"label\":\"u\"}");
        List<TableSchema> schemas = lab.catalog().schemas(table.id());
        assertThat(schemas).hasSize(5);
        long commit = CaptureIT.ordered(lab.events("one_go")).stream()
                .filter(event -> event.schemaVersion() == 2)
                .findFirst()
                .orElseThrow()
                .position()
                .commitLsn();
        assertThat(schemas.subList(1, 5)).extracting(TableSchema::firstLsn).containsOnly(commit);
        assertThat(schemas.get(2).changesSince(schemas.get(1))).containsExactly("b renamed to label");
        assertThat(schemas.get(3).changesSince(schemas.get(2))).containsExactly("a integer is now text");
        awaitRows(
                "one_go",
                "{\"id\":1,\"a\":\"n10\",\"label\":\"x\"}",
                "{\"id\":2,\"a\":\"n20\",\"label\":\"z\"}",
                "{\"id\":3,\"a\":\"thirty\",\"label\":\"w\"}",
                "{\"id\":4,\"a\":\"forty\",\"label\":\"v\"}",
                "{\"id\":5,\"a\":\"fifty\",\"label\":\"u\"}");
    }

    @Test
    void rowsAreReadAgainWhereANewColumnWasGivenTheNameOfARenamedOne() throws Exception {
        lab.sql("CREATE TABLE given_name (id int PRIMARY KEY, email text)", "INSERT INTO given_name VALUES (1, 'a')");
        CapturedTable table = lab.streaming("given_name");
        lab.sql(
                "ALTER TABLE given_name RENAME email TO email_old",
                "ALTER TABLE given_name ADD email text",
                "INSERT INTO given_name VALUES (2, 'b', 'c')");
        awaitRows(
                "given_name",
                "{\"id\":1,\"email_old\":\"a\",\"email\":null}",
                "{\"id\":2,\"email_old\":\"b\",\"email\":\"c\"}");
        awaitQuiet(table);
    }

    @Test
    void severalTransactionsAndARestartRecordEachVersionOnce() throws Exception {
        lab.sql("CREATE TABLE step_by_step (id int PRIMARY KEY, a int)");
        CapturedTable table = lab.streaming("step_by_step");
        lab.sql(
                "INSERT INTO step_by_step VALUES (1, 1)",
                "ALTER TABLE step_by_step ADD b text",
                "INSERT INTO step_by_step VALUES (2, 2, 'b')",
                "ALTER TABLE step_by_step DROP b",
                "INSERT INTO step_by_step VALUES (3, 3)");
        awaitWritten(
                "step_by_step", "1 {\"id\":1,\"a\":1}", "2 {\"id\":2,\"a\":2,\"b\":\"b\"}", "3 {\"id\":3,\"a\":3}");
        // a snapshot that went on after the restart would see the last form first, and give it the next number
        awaitQuiet(table);
        lab.stop();
        // while nobody looks the table goes on changing; what is written under each of its forms comes later
        lab.sql(
                "INSERT INTO step_by_step VALUES (4, 4)",
                "CREATE DOMAIN few AS int CHECK (value < 100)",
                "ALTER TABLE step_by_step ADD f few, ADD fs few[]",
                "INSERT INTO step_by_step VALUES (5, 5, 50, '{51,NULL}')",
                "ALTER TABLE step_by_step RENAME a TO amount",
                "INSERT INTO step_by_step VALUES (6, 6, 60, '{}')",
                "ALTER TABLE step_by_step DROP f, DROP fs",
                "INSERT INTO step_by_step VALUES (7, 7)");
        lab.start();
        awaitWritten(
                "step_by_step",
                "1 {\"id\":1,\"a\":1}",
                "2 {\"id\":2,\"a\":2,\"b\":\"b\"}",
                "3 {\"id\":3,\"a\":3}",
                "3 {\"id\":4,\"a\":4}",
                "4 {\"id\":5,\"a\":5,\"f\":50,\"fs\":[51,null]}",
                "5 {\"id\":6,\"amount\":6,\"f\":60,\"fs\":[]}",
                "6 {\"id\":7,\"amount\":7}");
        awaitQuiet(table);
        assertThat(lab.catalog().schemas(table.id())).hasSize(6);
        assertThat(lab.catalog().table(table.id()).orElseThrow().columns())
                .extracting(Column::name)
                .containsExactly("id", "amount");
    }

    @Test
    void typeThatWasDroppedSinceIsStillReadAsWhatItWas() throws Exception {
        lab.sql(
                "CREATE DOMAIN points AS int",
                "CREATE TYPE shade AS ENUM ('dark', 'light')",
                "CREATE TABLE forgets (id int PRIMARY KEY, p points, s shade, ps points[])");
        CapturedTable table = lab.streaming("forgets");
        lab.sql("INSERT INTO forgets VALUES (1, 10, 'dark', '{1,2}')");
        awaitWritten("forgets", "1 {\"id\":1,\"p\":10,\"s\":\"dark\",\"ps\":[1,2]}");
        lab.stop();
        lab.sql(
                "INSERT INTO forgets VALUES (2, 20, 'light', '{3}')",
                "ALTER TABLE forgets ALTER p TYPE int, ALTER s TYPE text, ALTER ps TYPE int[]",
                "DROP DOMAIN points",
                "DROP TYPE shade",
                "INSERT INTO forgets VALUES (3, 30, 'any', '{4}')");
        lab.start();
        awaitWritten(
                "forgets",
                "1 {\"id\":1,\"p\":10,\"s\":\"dark\",\"ps\":[1,2]}",
                "1 {\"id\":2,\"p\":20,\"s\":\"light\",\"ps\":[3]}",
                "2 {\"id\":3,\"p\":30,\"s\":\"any\",\"ps\":[4]}");
        awaitQuiet(table);
    }

    @Test
    void rowsThatAnAlterTableFilledAreReadAgain() throws Exception {
        lab.sql("CREATE TABLE filled (id int PRIMARY KEY)", "INSERT INTO filled VALUES (1), (2)");
        CapturedTable table = lab.streaming("filled");
        lab.sql("ALTER TABLE filled ADD note text", "INSERT INTO filled VALUES (3, 'n')");
        awaitWritten("filled", "2 {\"id\":3,\"note\":\"n\"}");
        assertThat(lab.catalog().relations().find(table.id()).orElseThrow().rereadReason())
                .as("a column that is NULL in every row needs no reading")
                .isNull();
        lab.sql("ALTER TABLE filled ADD kind text NOT NULL DEFAULT 'plain'", "INSERT INTO filled VALUES (4, 'm', 'k')");
        awaitRows(
                "filled",
                "{\"id\":1,\"note\":null,\"kind\":\"plain\"}",
                "{\"id\":2,\"note\":null,\"kind\":\"plain\"}",
                "{\"id\":3,\"note\":\"n\",\"kind\":\"plain\"}",
                "{\"id\":4,\"note\":\"m\",\"kind\":\"k\"}");
    }

    @Test
    void renamedTableGoesOnUnderItsRegisteredNameAndNobodyElseTakesIt() throws Exception {
        lab.sql("CREATE TABLE orders_now (id int PRIMARY KEY, n int)");
        CapturedTable table = lab.streaming("orders_now");
        lab.sql("INSERT INTO orders_now VALUES (1, 1)", "ALTER TABLE orders_now RENAME TO orders_past");
        awaitAlerts(table, AlertName.TABLE_RENAMED);
        lab.sql(
                "INSERT INTO orders_past VALUES (2, 2)",
                "CREATE TABLE orders_now (id int PRIMARY KEY, other text)",
                "INSERT INTO orders_now VALUES (9, 'not captured')",
                "UPDATE orders_past SET n = 20 WHERE id = 2");
        awaitWritten("orders_now", "1 {\"id\":1,\"n\":1}", "1 {\"id\":2,\"n\":2}", "1 {\"id\":2,\"n\":20}");
        lab.catalog().requestSnapshot(table.id(), "test");
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .until(() -> lab.events("orders_now").stream()
                                .filter(event -> event.operation() == Operation.READ)
                                .count()
                        == 2);
        awaitRows("orders_now", "{\"id\":1,\"n\":1}", "{\"id\":2,\"n\":20}");
        lab.stop();
        lab.start();
        lab.sql("INSERT INTO orders_past VALUES (3, 3)");
        awaitRows("orders_now", "{\"id\":1,\"n\":1}", "{\"id\":2,\"n\":20}", "{\"id\":3,\"n\":3}");
        lab.sql("DROP TABLE orders_now", "ALTER TABLE orders_past RENAME TO orders_now");
        awaitAlerts(table);
    }

    @Test
    void droppedTableIsSaidAndItsSuccessorTakenUpOnRequest() throws Exception {
        lab.sql("CREATE TABLE comes_back (id int PRIMARY KEY)", "INSERT INTO comes_back VALUES (1)");
        CapturedTable table = lab.streaming("comes_back");
        lab.sql("DROP TABLE comes_back");
        awaitAlerts(table, AlertName.TABLE_DROPPED);
        assertThat(lab.catalog().table(table.id()).orElseThrow().state()).isEqualTo(TableState.FAILED);
        lab.catalog().tableState(table.id(), TableState.PENDING, null);
        awaitAlerts(table, AlertName.TABLE_DROPPED, AlertName.TABLE_FAILED);
        lab.sql("CREATE TABLE comes_back (id int PRIMARY KEY, name text)", "INSERT INTO comes_back VALUES (2, 'two')");
        lab.catalog().tableState(table.id(), TableState.PENDING, null);
        lab.awaitStreaming(table);
        lab.sql("INSERT INTO comes_back VALUES (3, 'three')");
        Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> assertThat(
                        rows("comes_back").values())
                .contains("{\"id\":2,\"name\":\"two\"}", "{\"id\":3,\"name\":\"three\"}"));
        awaitAlerts(table);
    }

    @Test
    void changedKeyIsFollowedAndTheRowsAreReadUnderIt() throws Exception {
        lab.sql(
                "CREATE TABLE rekeyed (a int PRIMARY KEY, b text NOT NULL, c int NOT NULL)",
                "INSERT INTO rekeyed VALUES (1, 'x', 5)");
        CapturedTable table = lab.streaming("rekeyed");
        lab.sql("BEGIN; INSERT INTO rekeyed VALUES (2, 'y', 6); ALTER TABLE rekeyed DROP CONSTRAINT rekeyed_pkey;"
                + " ALTER TABLE rekeyed ADD PRIMARY KEY (c, b); INSERT INTO rekeyed VALUES (3, 'z', 7); COMMIT");
        Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> assertThat(lab.events("rekeyed"))
                .extracting(event -> event.key().json())
                .contains(
                        "{\"a\":1}",
                        "{\"a\":2}",
                        // the key's own order, as a snapshot takes it, not the table's
                        "{\"c\":7,\"b\":\"z\"}",
                        "{\"c\":5,\"b\":\"x\"}",
                        "{\"c\":6,\"b\":\"y\"}"));
        awaitAlerts(table, AlertName.TABLE_KEY_CHANGED);
        awaitQuiet(table);
    }

    @Test
    void tableThatLosesItsKeyGoesOnTakingUpdatesAndIsReadWhenItHasOneAgain() throws Exception {
        lab.sql("CREATE TABLE keyloss (id int PRIMARY KEY, n int)", "INSERT INTO keyloss VALUES (1, 1)");
        CapturedTable table = lab.streaming("keyloss");
        lab.sql("ALTER TABLE keyloss DROP CONSTRAINT keyloss_pkey");
        awaitAlerts(table, AlertName.TABLE_KEY_LOST);
        lab.sql("UPDATE keyloss SET n = 2");
        lab.sql("ALTER TABLE keyloss ADD PRIMARY KEY (id)");
        Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> assertThat(lab.alerts(table))
                .extracting(Alert::name)
                .doesNotContain(AlertName.TABLE_KEY_LOST));
        lab.sql("INSERT INTO keyloss VALUES (2, 2)", "UPDATE keyloss SET n = 3 WHERE id = 2");
        awaitRows("keyloss", "{\"id\":1,\"n\":2}", "{\"id\":2,\"n\":3}");
    }

    @Test
    void renamedKeyColumnUnderFullIdentityIsFollowed() throws Exception {
        lab.sql(
                "CREATE TABLE full_key (b int, a int, v text, PRIMARY KEY (a, b))",
                "ALTER TABLE full_key REPLICA IDENTITY FULL",
                "INSERT INTO full_key VALUES (1, 2, 'x')");
        CapturedTable table = lab.streaming("full_key");
        lab.sql("UPDATE full_key SET v = 'y'", "ALTER TABLE full_key RENAME a TO first", "UPDATE full_key SET v = 'z'");
        List<String> keys = new ArrayList<>();
        Awaitility.await().atMost(CaptureLab.PATIENCE).untilAsserted(() -> {
            keys.clear();
            CaptureIT.ordered(lab.events("full_key").stream()
                            .filter(event -> event.operation() == Operation.UPDATE)
                            .toList())
                    .forEach(event -> keys.add(event.key().json() + " was " + event.before()));
            assertThat(keys)
                    .containsExactly(
                            "{\"a\":2,\"b\":1} was {\"b\":1,\"a\":2,\"v\":\"x\"}",
                            "{\"first\":2,\"b\":1} was {\"b\":1,\"first\":2,\"v\":\"y\"}");
        });
        awaitQuiet(table);
        assertThat(rows("full_key").values()).contains("{\"b\":1,\"first\":2,\"v\":\"z\"}");
        assertThat(Set.copyOf(lab.catalog().table(table.id()).orElseThrow().keyColumns()))
                .containsExactlyInAnyOrder("first", "b");
    }
}
