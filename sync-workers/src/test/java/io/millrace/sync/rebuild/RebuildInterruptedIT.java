package io.millrace.sync.rebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.rebuild.RebuildWish;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.Service;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.fixture.WorkerProcess;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A rebuild whose worker, or Elasticsearch, is killed at each step: after the step was done and before that was noted. What is repeated
 * then, {@link IndexRebuildIT} shows in every build.
 */
@EnabledIfSystemProperty(
        named = "millrace.campaign",
        matches = "true",
        disabledReason = "two workers for each step: ./millrace test --campaign")
@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
class RebuildInterruptedIT {

    private RebuildLab lab;

    @BeforeAll
    void start(LocalStack stack) {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(90));
        lab = new RebuildLab(stack, "rebuilds_interrupted");
        StepGate.install(lab);
    }

    @AfterAll
    void stop() {
        lab.close();
    }

    @BeforeEach
    void ownTable() throws Exception {
        lab.register("elasticsearch", TestTables.itemColumns());
        lab.fill(500);
    }

    private WorkerProcess worker() {
        return WorkerProcess.start(
                lab.stack,
                lab.database,
                List.of(
                        "--millrace.sync.rebuild.interval=100ms",
                        "--millrace.sync.rebuild.max-records=100",
                        "--millrace.sinks.redis.enabled=false",
                        "--millrace.sinks.audit.enabled=false"));
    }

    private void reaches(RebuildState state) {
        await().untilAsserted(() ->
                assertThat(lab.rebuild().state()).as("%s", lab.rebuild()).isEqualTo(state));
    }

    private void allHeld() {
        await().ignoreExceptions()
                .untilAsserted(() -> assertThat(lab.held(lab.alias())).isEqualTo(lab.rows));
    }

    @ParameterizedTest
    @EnumSource(
            value = RebuildState.class,
            names = {"PREPARING", "FEEDING", "COMPARING", "EXCHANGING", "SWITCHED"})
    void killedWorkersRebuildIsCompletedByTheNext(RebuildState state) throws Exception {
        try (WorkerProcess first = worker();
                StepGate gate = new StepGate(lab, state)) {
            allHeld();
            lab.request(Duration.ofHours(1));
            gate.at(state, first::kill);
        }
        lab.put(1, "while nobody worked");
        lab.delete(2);
        lab.producer.flush();
        try (WorkerProcess second = worker()) {
            reaches(RebuildState.SWITCHED);
            allHeld();
            assertThat(lab.live()).isEqualTo(lab.alias() + "-000002");
            assertThat(lab.held(lab.alias() + "-000001")).isEqualTo(lab.rows);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RebuildState.class,
            names = {"DONE", "EXCHANGING_BACK", "ROLLED_BACK", "CANCELLED"})
    void killedWorkersEndingIsCompletedByTheNext(RebuildState state) throws Exception {
        boolean cancelled = state == RebuildState.CANCELLED;
        try (WorkerProcess first = worker()) {
            allHeld();
            if (cancelled) {
                lab.es("PUT", "/" + lab.live() + "/_doc/4711?refresh=true", RebuildLab.item(4711, "by hand"));
            }
            lab.request(Duration.ofHours(1));
            reaches(cancelled ? RebuildState.DIFFERENT : RebuildState.SWITCHED);
            try (StepGate gate = new StepGate(lab, state)) {
                lab.rebuilds.wish(
                        lab.rebuild().id(),
                        switch (state) {
                            case DONE -> RebuildWish.FINISH;
                            case EXCHANGING_BACK, ROLLED_BACK -> RebuildWish.ROLL_BACK;
                            default -> RebuildWish.CANCEL;
                        });
                gate.at(state, first::kill);
            }
        }
        if (cancelled) {
            lab.es("DELETE", "/" + lab.live() + "/_doc/4711", null);
        }
        lab.put(1, "while nobody worked");
        lab.producer.flush();
        try (WorkerProcess second = worker()) {
            reaches(state == RebuildState.EXCHANGING_BACK ? RebuildState.ROLLED_BACK : state);
            allHeld();
            assertThat(lab.indexes())
                    .containsExactly(lab.alias() + (state == RebuildState.DONE ? "-000002" : "-000001"));
        }
    }

    @Test
    void killedElasticsearchIsWaitedForAtEachStep() throws Exception {
        try (WorkerProcess worker = worker()) {
            allHeld();
            // all at once: the rebuild goes on as soon as Elasticsearch answers
            RebuildState[] states = {RebuildState.FEEDING, RebuildState.COMPARING, RebuildState.SWITCHED};
            try (StepGate gate = new StepGate(lab, states)) {
                lab.request(Duration.ofHours(1));
                for (RebuildState state : states) {
                    gate.at(state, () -> lab.stack.kill(Service.ELASTICSEARCH));
                    await().untilAsserted(
                                    () -> assertThat(lab.rebuild().message()).startsWith("Waits: "));
                    lab.put(1, "while Elasticsearch was away before " + state);
                    lab.producer.flush();
                    lab.stack.start(Service.ELASTICSEARCH);
                }
            }
            reaches(RebuildState.SWITCHED);
            allHeld();
            assertThat(lab.live()).isEqualTo(lab.alias() + "-000002");
            assertThat(lab.held(lab.alias() + "-000001")).isEqualTo(lab.rows);
        } finally {
            if (!lab.stack.isRunning(Service.ELASTICSEARCH)) {
                lab.stack.start(Service.ELASTICSEARCH);
            }
        }
    }
}
