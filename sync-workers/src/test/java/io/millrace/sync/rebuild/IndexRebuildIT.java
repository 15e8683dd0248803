package io.millrace.sync.rebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.rebuild.Comparison;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildFeed;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.rebuild.RebuildWish;
import io.millrace.catalog.shaping.Mask;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Reread;
import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
class IndexRebuildIT {

    private static final Duration KEEP = Duration.ofHours(1);

    private RebuildLab lab;
    private ConfigurableApplicationContext workers;

    @BeforeAll
    void start(LocalStack stack) {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
        lab = new RebuildLab(stack, "rebuilds");
        workers = lab.workers("elasticsearch");
        StepGate.install(lab);
    }

    @AfterAll
    void stop() {
        workers.close();
        lab.close();
    }

    @BeforeEach
    void ownTable() throws Exception {
        lab.register("elasticsearch", TestTables.itemColumns());
    }

    private void reaches(RebuildState state) {
        await().untilAsserted(() ->
                assertThat(lab.rebuild().state()).as("%s", lab.rebuild()).isEqualTo(state));
    }

    @Test
    void newIndexTakesThePlaceOfTheOldOneWhileChangesAndReadersGoOn() throws Exception {
        lab.fill(300);
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
        AtomicBoolean over = new AtomicBoolean();
        AtomicReference<String> broken = new AtomicReference<>();
        Thread writer = new Thread(() -> {
            for (int i = 0; !over.get(); i++) {
                try {
                    lab.put(1, String.format("%09d", i));
                    lab.put(3000 + i % 50, "new " + i);
                    if (i % 5 == 0) {
                        lab.delete(3000 + (i + 7) % 50);
                    }
                    lab.producer.flush();
                } catch (Exception e) {
                    broken.set(e.toString());
                }
            }
        });
        Thread reader = new Thread(() -> {
            String last = "000000000";
            String where = "";
            while (!over.get()) {
                long asked = System.nanoTime();
                JsonNode found = lab.es("GET", "/" + lab.alias() + "/_doc/1", null);
                String now = found.path("_source").path("name").asString("nothing");
                String here = now + " in " + found.path("_index").asString() + " at " + Instant.now() + " after "
                        + (System.nanoTime() - asked) / 1_000_000 + " ms";
                if (now.equals("nothing") || now.length() == 9 && now.compareTo(last) < 0) {
                    broken.compareAndSet(null, "A reader saw " + here + ", and before " + where);
                }
                last = now.length() == 9 ? now : last;
                where = here;
            }
        });
        writer.start();
        reader.start();
        lab.request(KEEP);
        try {
            reaches(RebuildState.SWITCHED);
            assertThat(lab.live()).isEqualTo(lab.alias() + "-000002");
            lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.ROLL_BACK);
            reaches(RebuildState.ROLLED_BACK);
        } finally {
            over.set(true);
            writer.join();
            reader.join();
        }
        assertThat(broken).hasNullValue();
        assertThat(lab.indexes()).containsExactly(lab.alias() + "-000001");
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
    }

    @Test
    void stepThatWasDoneAndNotNotedIsRepeatedAndChangesNothing() throws Exception {
        lab.fill(100);
        RebuildState[] states = {
            RebuildState.PREPARING,
            RebuildState.FEEDING,
            RebuildState.COMPARING,
            RebuildState.EXCHANGING,
            RebuildState.SWITCHED
        };
        try (StepGate gate = new StepGate(lab, states)) {
            lab.request(KEEP);
            interruptWhileRowsChange(gate, states);
        }
        reaches(RebuildState.SWITCHED);
        assertThat(lab.live()).isEqualTo(lab.alias() + "-000002");
        await().untilAsserted(() -> {
            assertThat(lab.held(lab.alias())).isEqualTo(lab.rows);
            assertThat(lab.held(lab.alias() + "-000001")).isEqualTo(lab.rows);
        });
    }

    private void interruptWhileRowsChange(StepGate gate, RebuildState... states) throws SQLException {
        for (RebuildState state : states) {
            gate.at(state, () -> {
                try {
                    lab.put(1, "before " + state);
                    lab.delete(2 + state.ordinal());
                    lab.producer.flush();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    @Test
    void rollbackThatWasDoneAndNotNotedIsRepeatedAndChangesNothing() throws Exception {
        lab.fill(100);
        RebuildState[] states = {RebuildState.ROLLING_BACK, RebuildState.EXCHANGING_BACK, RebuildState.ROLLED_BACK};
        lab.request(KEEP);
        reaches(RebuildState.SWITCHED);
        try (StepGate gate = new StepGate(lab, states)) {
            lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.ROLL_BACK);
            interruptWhileRowsChange(gate, states);
        }
        reaches(RebuildState.ROLLED_BACK);
        assertThat(lab.indexes()).containsExactly(lab.alias() + "-000001");
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
    }

    @Test
    void keptIndexStaysCurrentAndIsRemovedWhenItsTimeIsOver() throws Exception {
        lab.fill(100);
        lab.request(KEEP);
        reaches(RebuildState.SWITCHED);
        lab.put(5, "after the exchange");
        lab.delete(6);
        await().untilAsserted(() -> {
            assertThat(lab.held(lab.alias() + "-000002")).isEqualTo(lab.rows);
            assertThat(lab.held(lab.alias() + "-000001")).isEqualTo(lab.rows);
        });
        lab.sql.update(
                "UPDATE millrace.sink_rebuild SET keep_until = now() WHERE id = ?",
                lab.rebuild().id());
        reaches(RebuildState.DONE);
        assertThat(lab.indexes()).containsExactly(lab.alias() + "-000002");
        lab.put(5, "with one index again");
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
    }

    @Test
    void documentsThatTheNewIndexWouldLackAreShownAndWaitForAPerson() throws Exception {
        lab.fill(100);
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
        // somebody wrote past Millrace
        lab.es("PUT", "/" + lab.live() + "/_doc/4711?refresh=true", lab.item(4711, "by hand"));
        lab.request(KEEP);
        reaches(RebuildState.DIFFERENT);
        Rebuild found = lab.rebuild();
        assertThat(found.comparison().missing()).isEqualTo(1);
        assertThat(found.comparison().examples()).containsExactly("4711");
        assertThat(found.comparison().same()).isEqualTo(lab.rows.size());
        assertThat(lab.live()).isEqualTo(lab.alias() + "-000001");
        lab.rebuilds.wish(found.id(), RebuildWish.CANCEL);
        reaches(RebuildState.CANCELLED);
        assertThat(lab.indexes()).containsExactly(lab.alias() + "-000001");

        lab.request(KEEP);
        reaches(RebuildState.DIFFERENT);
        lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.ACCEPT);
        reaches(RebuildState.SWITCHED);
        assertThat(lab.held(lab.alias())).isEqualTo(lab.rows);
    }

    @Test
    void rollbackThatWouldLoseDocumentsIsShownAndWaitsForAPerson() throws Exception {
        lab.fill(100);
        lab.request(KEEP);
        reaches(RebuildState.SWITCHED);
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
        assertThat(lab.rebuild().comparedBack()).isFalse();
        // as if the old index had refused it
        lab.es("DELETE", "/" + lab.alias() + "-000001/_doc/5?refresh=true", null);
        lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.ROLL_BACK);
        reaches(RebuildState.DIFFERENT);
        assertThat(lab.rebuild().comparison().missing()).isEqualTo(1);
        assertThat(lab.rebuild().comparison().examples()).containsExactly("5");
        assertThat(lab.rebuild().comparedBack()).isTrue();
        assertThat(lab.rebuild().message()).startsWith("The old one lacks 1").contains("accept the rollback");
        assertThat(lab.live()).isEqualTo(lab.alias() + "-000002");

        lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.CANCEL);
        reaches(RebuildState.SWITCHED);
        assertThat(lab.live()).isEqualTo(lab.alias() + "-000002");
        assertThat(lab.indexes()).containsExactly(lab.alias() + "-000001", lab.alias() + "-000002");
        lab.put(1, "behind the rollback that was given up");
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));

        lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.ROLL_BACK);
        reaches(RebuildState.DIFFERENT);
        lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.ACCEPT);
        reaches(RebuildState.ROLLED_BACK);
        assertThat(lab.indexes()).containsExactly(lab.alias() + "-000001");
        Map<Integer, String> left = new TreeMap<>(lab.rows);
        left.remove(5);
        assertThat(lab.held(lab.alias())).isEqualTo(left);
    }

    @Test
    void moreThanWhatAPersonAcceptedIsShownAndWaitsAgain() throws Exception {
        lab.fill(100);
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
        // somebody wrote past Millrace
        lab.es("PUT", "/" + lab.live() + "/_doc/4711?refresh=true", lab.item(4711, "by hand"));
        lab.request(KEEP);
        reaches(RebuildState.DIFFERENT);
        // as if the new index had refused them since
        lab.es("DELETE", "/" + lab.alias() + "-000002/_doc/1", null);
        lab.es("DELETE", "/" + lab.alias() + "-000002/_doc/2", null);
        lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.ACCEPT);
        showsAgain("The new one lacks 3", 3);
        assertThat(lab.live()).isEqualTo(lab.alias() + "-000001");
        lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.ACCEPT);
        reaches(RebuildState.SWITCHED);

        lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.ROLL_BACK);
        lab.es("DELETE", "/" + lab.alias() + "-000001/_doc/5", null);
        reaches(RebuildState.DIFFERENT);
        lab.es("DELETE", "/" + lab.alias() + "-000001/_doc/6", null);
        lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.ACCEPT);
        showsAgain("The old one lacks 2", 2);
        assertThat(lab.live()).isEqualTo(lab.alias() + "-000002");
        lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.ACCEPT);
        reaches(RebuildState.ROLLED_BACK);
    }

    private void showsAgain(String message, int missing) {
        await().untilAsserted(
                        () -> assertThat(lab.rebuild().comparison().missing()).isEqualTo(missing));
        assertThat(lab.rebuild().state()).isEqualTo(RebuildState.DIFFERENT);
        assertThat(lab.rebuild().wish()).isNull();
        assertThat(lab.rebuild().message()).startsWith(message);
    }

    @Test
    void rowsThatATruncateTookAwayBeforeTheFeedCameToThemStayAway() throws Exception {
        lab.fill(200);
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
        try (StepGate gate = StepGate.ofFeed(lab)) {
            lab.request(KEEP);
            gate.reached();
            ChangeEvent truncate = lab.events.truncate();
            for (int partition = 0; partition < 2; partition++) {
                lab.producer.send(lab.events.record(truncate, partition)).get();
            }
            lab.rows.clear();
            lab.put(5000, "behind the truncate");
            lab.producer.flush();
            await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
        }
        reaches(RebuildState.SWITCHED);
        assertThat(lab.live()).isEqualTo(lab.alias() + "-000002");
        assertThat(lab.held(lab.alias())).isEqualTo(lab.rows);
        assertThat(lab.rebuild().comparison().added()).isZero();
    }

    @Test
    @EnabledIfSystemProperty(
            named = "millrace.campaign",
            matches = "true",
            disabledReason = "A snapshot of an index takes its time: ./millrace test --campaign")
    void oldIndexThatASnapshotIsTakenOfIsRemovedBehindIt() throws Exception {
        lab.fill(300);
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
        lab.request(KEEP);
        reaches(RebuildState.SWITCHED);
        lab.es(
                "PUT",
                "/_snapshot/slow",
                "{\"type\":\"fs\",\"settings\":{\"location\":\"slow\",\"max_snapshot_bytes_per_sec\":\"1kb\"}}");
        assertThat(lab.es("PUT", "/_snapshot/slow/one", "{\"indices\":\"" + lab.alias() + "-000001\"}")
                        .path("accepted")
                        .asBoolean())
                .isTrue();
        lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.FINISH);
        await().untilAsserted(() -> assertThat(lab.rebuild().message()).contains("snapshot_in_progress_exception"));
        assertThat(lab.rebuild().state()).isEqualTo(RebuildState.RETIRING);
        lab.es("DELETE", "/_snapshot/slow/one", null);
        reaches(RebuildState.DONE);
        assertThat(lab.indexes()).containsExactly(lab.alias() + "-000002");
    }

    @Test
    void lostDocumentsComeBackFromTheTopic() throws Exception {
        lab.fill(200);
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
        lab.es("DELETE", "/" + lab.live() + "/_doc/1?refresh=true", null);
        lab.request(KEEP);
        reaches(RebuildState.SWITCHED);
        assertThat(lab.rebuild().feed()).isEqualTo(RebuildFeed.TOPIC);
        assertThat(lab.rebuild().comparison().added()).isEqualTo(1);
        assertThat(lab.held(lab.alias())).isEqualTo(lab.rows);
    }

    @Test
    void topicThatLostItsBeginningIsMadeUpForByASnapshot() throws Exception {
        lab.fill(200);
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", lab.stack.kafkaBootstrapServers()))) {
            Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
            for (int partition = 0; partition < 2; partition++) {
                all.put(new TopicPartition(lab.table.topic(), partition), RecordsToDelete.beforeOffset(50));
            }
            admin.deleteRecords(all).all().get();
        }
        lab.request(KEEP);
        await().until(() ->
                lab.catalog.openSnapshots().stream().anyMatch(snapshot -> snapshot.tableId() == lab.table.id()));
        TableSnapshot snapshot = lab.catalog.snapshot(lab.table.id()).orElseThrow();
        // as capture does: reads at a low watermark, beside changes
        long lowWatermark = TestEvents.nextLsn();
        lab.put(1, "changed during the snapshot");
        for (Map.Entry<Integer, String> row : new TreeMap<>(lab.rows).entrySet()) {
            lab.send(lab.events.read(
                    RebuildLab.key(row.getKey()), RebuildLab.item(row.getKey(), row.getValue()), lowWatermark));
        }
        lab.producer.flush();
        lab.catalog.snapshotEnded(snapshot.id(), SnapshotState.DONE, null);
        reaches(RebuildState.SWITCHED);
        assertThat(lab.rebuild().feed()).isEqualTo(RebuildFeed.SNAPSHOT);
        assertThat(lab.held(lab.alias())).isEqualTo(lab.rows);
    }

    @Test
    void largeValueThatAChangeDidNotCarryIsInTheNewIndexToo() throws Exception {
        lab.put(1, "a");
        lab.send(lab.events.update(
                RebuildLab.key(1),
                null,
                "{\"id\":1,\"name\":\"b\",\"amount\":\"2\",\"note\":\"__debezium_unavailable_value\",\"data\":null}",
                "note"));
        lab.rows.put(1, "b");
        lab.producer.flush();
        lab.request(KEEP);
        reaches(RebuildState.SWITCHED);
        assertThat(lab.es("GET", "/" + lab.live() + "/_doc/1", null)
                        .path("_source")
                        .path("note")
                        .asString())
                .isEqualTo("n");
    }

    @Test
    void rowThatTheNewIndexCannotCompleteIsReadAgainBeforeItIsCompared() throws Exception {
        String lacking =
                "{\"id\":9999,\"name\":\"b\",\"amount\":\"2\",\"note\":\"__debezium_unavailable_value\",\"data\":null}";
        lab.put(9999, "a");
        // so many that what stands before and behind them is not read at once
        lab.fill(200);
        lab.send(lab.events.update(RebuildLab.key(9999), null, lacking, "note"));
        lab.rows.put(9999, "b");
        lab.producer.flush();
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));

        lab.declare(new Shaping(null, Map.of(), Map.of(), "amount != decimal('1.5')", List.of()));
        lab.request(KEEP);
        await().untilAsserted(() ->
                assertThat(lab.rebuild().message()).isEqualTo("Waits until capture has read 1 rows again"));
        Rereads rereads = lab.application.getBean(Rereads.class);
        List<Reread> asked = rereads.next(lab.table.id(), 10);
        assertThat(asked).extracting(one -> one.key().json()).containsExactly(RebuildLab.key(9999));
        String whole = lacking.replace("__debezium_unavailable_value", "large");
        lab.send(lab.events.read(RebuildLab.key(9999), whole, TestEvents.nextLsn()))
                .get();
        rereads.answered(asked);
        reaches(RebuildState.DIFFERENT);
        assertThat(lab.documents(lab.alias() + "-000002")).isEqualTo(Map.of(9999, whole));
        assertThat(lab.rebuild().comparison().missing())
                .as("rows that the filter keeps away were delivered before it was declared")
                .isEqualTo(lab.rows.size() - 1);
    }

    @Test
    void rebuiltIndexHoldsMaskedRowsThatPassTheFilterAndNothingElse() throws Exception {
        String secret = "planted-5ecret";
        lab.register(
                "elasticsearch",
                TestTables.itemColumns(),
                new Shaping(
                        null,
                        Map.of("name", "title"),
                        Map.of("note", Mask.of(Mask.Kind.DROP), "amount", Mask.of(Mask.Kind.HASH)),
                        "name != 'unseen'",
                        List.of()));
        lab.sql.update(
                "UPDATE millrace.sink_binding SET options = '{\"mapping\":{\"name\":\"keyword\"}}' WHERE table_id = ?",
                lab.table.id());
        Set<Integer> shown = new TreeSet<>();
        for (int i = 0; i < 120; i++) {
            String name = i % 3 == 0 ? "unseen" : "shown";
            lab.send(lab.events.create(RebuildLab.key(i), secretRow(i, name, secret)));
            if (i % 5 == 0) {
                // comes into sight, or goes out of it
                name = i % 2 == 0 ? "unseen" : "shown again";
                lab.send(lab.events.update(RebuildLab.key(i), null, secretRow(i, name, secret)));
            }
            if (!name.equals("unseen")) {
                shown.add(i);
            }
        }
        lab.producer.flush();
        await().untilAsserted(
                        () -> assertThat(lab.documents(lab.alias()).keySet()).isEqualTo(shown));
        Map<Integer, String> delivered = lab.documents(lab.alias());

        lab.request(KEEP);
        reaches(RebuildState.SWITCHED);
        assertThat(lab.live()).isEqualTo(lab.alias() + "-000002");
        assertThat(lab.rebuild().feed()).isEqualTo(RebuildFeed.TOPIC);
        assertThat(lab.documents(lab.live())).isEqualTo(delivered);
        assertThat(lab.rebuild().comparison())
                .isEqualTo(new Comparison(shown.size(), shown.size(), shown.size(), 0, 0, 0, 0, List.of()));
        JsonNode properties = lab.es("GET", "/" + lab.live() + "/_mapping", null)
                .path(lab.live())
                .path("mappings")
                .path("properties");
        assertThat(properties.propertyNames()).containsExactlyInAnyOrder("id", "title", "amount", "data");
        assertThat(properties.path("title").path("type").asString()).isEqualTo("keyword");
        String everything = lab.es("GET", "/" + lab.live(), null).toString()
                + lab.es("POST", "/" + lab.live() + "/_search", "{\"size\":10000}");
        assertThat(everything).contains("shown again").doesNotContain(secret, "4711.5", "unseen");
    }

    private static String secretRow(int id, String name, String secret) {
        return "{\"id\":" + id + ",\"name\":\"" + name + "\",\"amount\":\"4711.5\",\"note\":\"" + secret + id
                + "\",\"data\":null}";
    }

    @Test
    void optionsThatChangeAFieldTakeEffectWithTheRebuildAndMendAFailedTable() throws Exception {
        lab.fill(50);
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
        lab.sql.update(
                "UPDATE millrace.sink_binding SET options = '{\"mapping\":{\"amount\":\"double\"}}' WHERE table_id = ?",
                lab.table.id());
        lab.catalog.bindingState(lab.table.id(), "elasticsearch", BindingState.FAILED, "A column's type changed");
        lab.request(KEEP);
        reaches(RebuildState.SWITCHED);
        assertThat(lab.es("GET", "/" + lab.live() + "/_mapping", null)
                        .path(lab.live())
                        .path("mappings")
                        .path("properties")
                        .path("amount")
                        .path("type")
                        .asString())
                .isEqualTo("double");
        lab.put(1, "flows again");
        await().untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
    }
}
