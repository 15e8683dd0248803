package io.millrace.sync.rebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.rebuild.Comparison;
import io.millrace.catalog.rebuild.RebuildFeed;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.rebuild.RebuildWish;
import io.millrace.catalog.snapshot.SnapshotRuns;
import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.context.ConfigurableApplicationContext;

/** The live index cannot take a column's new type, so delivery is stopped; and retention deleted the topic's beginning. */
@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
class RetypedColumnRebuildIT {

    private RebuildLab lab;
    private ConfigurableApplicationContext workers;
    private Map<Integer, Long> stopped;

    @BeforeAll
    void start(LocalStack stack) {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
        lab = new RebuildLab(stack, "retyped_columns");
        workers = lab.workers("elasticsearch");
        StepGate.install(lab);
    }

    @AfterAll
    void stop() {
        workers.close();
        lab.close();
    }

    @BeforeEach
    void tableWithARetypedColumn() throws Exception {
        lab.register("elasticsearch", TestTables.itemColumns());
        lab.fill(200);
        await().untilAsserted(
                        () -> assertThat(delivered()).isEqualTo(lab.extent().end()));
        stopped = delivered();
        lab.catalog.recordSchema(
                lab.table.id(),
                TestTables.itemColumns().stream()
                        .map(column -> column.name().equals("amount") ? TestTables.column("amount", "text") : column)
                        .toList(),
                List.of("id"),
                ReplicaIdentity.FULL,
                null);
        lab.table = lab.catalog.table(lab.table.id()).orElseThrow();
        lab.events = new TestEvents(lab.table);
        for (int id = 1; id < 40; id++) {
            lab.put(id, "retyped");
        }
        lab.producer.flush();
        isStopped();
    }

    private BindingState binding() {
        return lab.catalog.table(lab.table.id()).orElseThrow().sinks().get(0).state();
    }

    private void isStopped() {
        await().until(() -> binding() == BindingState.FAILED);
    }

    private Map<Integer, Long> delivered() {
        Map<Integer, Long> next = new HashMap<>();
        lab.application.getBean(Offsets.class).deliveriesOf(lab.table.topic()).stream()
                .filter(offset -> offset.sink().equals("elasticsearch"))
                .forEach(offset -> next.put(offset.partition(), offset.nextOffset()));
        return next;
    }

    private void deleteBefore(Map<Integer, Long> offsets) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", lab.stack.kafkaBootstrapServers()))) {
            Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
            offsets.forEach((partition, offset) ->
                    all.put(new TopicPartition(lab.table.topic(), partition), RecordsToDelete.beforeOffset(offset)));
            admin.deleteRecords(all).all().get();
        }
    }

    private TableSnapshot asked() {
        await().until(() ->
                lab.catalog.openSnapshots().stream().anyMatch(snapshot -> snapshot.tableId() == lab.table.id()));
        return lab.catalog.snapshot(lab.table.id()).orElseThrow();
    }

    /** Reads the table as capture does: at a low watermark, beside changes. */
    private void read(TableSnapshot snapshot) throws Exception {
        long lowWatermark = TestEvents.nextLsn();
        lab.application
                .getBean(SnapshotRuns.class)
                .begun(snapshot.id(), ChangeEvent.rowVersion(1, lowWatermark), null, null);
        Map<Integer, String> found = new TreeMap<>(lab.rows);
        lab.put(1, "changed during the snapshot");
        lab.delete(10);
        for (Map.Entry<Integer, String> row : found.entrySet()) {
            lab.send(lab.events.read(
                    RebuildLab.key(row.getKey()), RebuildLab.item(row.getKey(), row.getValue()), lowWatermark));
        }
        lab.put(2, "changed behind the snapshot");
        lab.delete(11);
        lab.producer.flush();
        lab.catalog.snapshotEnded(snapshot.id(), SnapshotState.DONE, null);
    }

    private void reaches(RebuildState state) {
        await().untilAsserted(() ->
                assertThat(lab.rebuild().state()).as("%s", lab.rebuild()).isEqualTo(state));
    }

    private void isMended() throws Exception {
        reaches(RebuildState.SWITCHED);
        assertThat(binding()).isEqualTo(BindingState.ACTIVE);
        assertThat(lab.held(lab.alias())).isEqualTo(lab.rows);
        assertThat(lab.live()).isEqualTo(lab.alias() + "-000002");
        assertThat(lab.rebuild().feed()).isEqualTo(RebuildFeed.TOPIC);
        assertThat(lab.rebuild().comparison())
                .extracting(Comparison::missing, Comparison::older)
                .containsExactly(0L, 0L);
        lab.put(7, "flows again");
        await().untilAsserted(
                        () -> assertThat(delivered()).isEqualTo(lab.extent().end()));
        assertThat(lab.held(lab.alias())).isEqualTo(lab.rows);
        lab.rebuilds.wish(lab.rebuild().id(), RebuildWish.FINISH);
        reaches(RebuildState.DONE);
        assertThat(lab.indexes()).containsExactly(lab.alias() + "-000002");
        assertThat(binding()).isEqualTo(BindingState.ACTIVE);
        assertThat(lab.held(lab.alias())).isEqualTo(lab.rows);
    }

    @Test
    void rebuildMendsATableOfWhichRetentionDeletedWhatWasNotDeliveredYet() throws Exception {
        lab.delete(15);
        lab.delete(16);
        Map<Integer, Long> begin = lab.extent().end();
        deleteBefore(begin);
        lab.delete(17);
        lab.put(3000, "comes and goes");
        lab.delete(3000);
        lab.put(3001, "new");
        lab.producer.flush();

        lab.request(Duration.ofHours(1));
        read(asked());
        isMended();
        assertThat(lab.rebuild().from())
                .as("what was deleted since is known to be when delivery goes on")
                .isEqualTo(begin);
    }

    @Test
    void rebuildThatIsInterruptedOrResumedInBetweenMendsATableWithACutTopic() throws Exception {
        deleteBefore(Map.of(0, 20L, 1, 20L));
        lab.delete(17);
        lab.producer.flush();
        RebuildState[] states = {
            RebuildState.FEEDING, RebuildState.COMPARING, RebuildState.EXCHANGING, RebuildState.SWITCHED
        };
        try (StepGate gate = new StepGate(lab, states)) {
            lab.request(Duration.ofHours(1));
            gate.at(RebuildState.FEEDING, () -> {});
            reaches(RebuildState.FEEDING);
            TableSnapshot snapshot = asked();
            lab.catalog.bindingState(lab.table.id(), "elasticsearch", BindingState.ACTIVE, null);
            isStopped();
            read(snapshot);
            gate.at(RebuildState.COMPARING, () -> {});
            gate.at(RebuildState.EXCHANGING, () -> {});
            gate.at(RebuildState.SWITCHED, () -> {});
        }
        assertThat(lab.rebuild().from()).isEqualTo(stopped);
        isMended();
    }

    @Test
    void rebuildOfWhichRetentionDeletedTheSnapshotsReadsSaysSo() throws Exception {
        deleteBefore(Map.of(0, 20L, 1, 20L));
        lab.request(Duration.ofHours(1));
        TableSnapshot snapshot = asked();
        reaches(RebuildState.FEEDING);
        lab.fill(5);
        lab.put(20, "so that both partitions are cut");
        deleteBefore(lab.extent().end());
        lab.catalog.snapshotEnded(snapshot.id(), SnapshotState.DONE, null);
        reaches(RebuildState.FAILED);
        assertThat(lab.rebuild().message()).contains("start the rebuild again");

        lab.request(Duration.ofHours(1));
        read(asked());
        isMended();
    }
}
