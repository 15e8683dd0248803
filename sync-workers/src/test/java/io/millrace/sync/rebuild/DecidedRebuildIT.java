package io.millrace.sync.rebuild;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.Offsets;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.CopyGoneException;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.RebuildableSink;
import io.millrace.sync.sink.SinkException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Rebuilds whose sink refuses a step for good, where nothing but that step is left to do. */
@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
class DecidedRebuildIT {

    private static final Set<RebuildState> GIVEN_UP = Set.of(RebuildState.CANCELLING, RebuildState.FAILING);
    private static final SinkException REFUSED = new SinkException(ErrorCategory.FATAL, "refused", null);

    private RebuildLab lab;

    @BeforeAll
    void start(LocalStack stack) {
        lab = new RebuildLab(stack, "decided_rebuilds");
    }

    @AfterAll
    void stop() {
        lab.close();
    }

    @BeforeEach
    void ownTable() throws Exception {
        lab.register("elasticsearch", TestTables.itemColumns());
        lab.request(Duration.ofHours(1));
    }

    /** Has a worker do the step that a rebuild stands at, with a sink that can do nothing. */
    private Rebuild after(RebuildState state, boolean back, SinkException fault) {
        long id = lab.rebuild().id();
        lab.sql.update(
                "UPDATE millrace.sink_rebuild SET state = ?, keep_until = ?::timestamptz WHERE id = ?",
                state.name(),
                back ? Instant.now().plusSeconds(3600).toString() : null,
                id);
        RebuildableSink broken = (RebuildableSink) Proxy.newProxyInstance(
                RebuildableSink.class.getClassLoader(),
                new Class<?>[] {RebuildableSink.class},
                (proxy, method, given) -> {
                    if (method.getName().equals("name")) {
                        return "elasticsearch";
                    }
                    throw fault;
                });
        FeedWithSnapshot withSnapshot =
                new FeedWithSnapshot(lab.catalog, lab.application.getBean(Offsets.class), lab.rebuilds, null, null);
        Feeding feeding = new Feeding(lab.catalog, lab.rebuilds, null, null, withSnapshot);
        try (Rebuilds.Claim claim = lab.rebuilds.claim(id).orElseThrow()) {
            new RebuildRun(broken, lab.catalog, lab.rebuilds, feeding, withSnapshot, claim, id).step();
        }
        return lab.rebuild();
    }

    @ParameterizedTest
    @EnumSource(
            value = RebuildState.class,
            mode = Mode.INCLUDE,
            names = {"RETIRING", "ROLLING_BACK", "EXCHANGING_BACK", "CANCELLING", "FAILING"})
    void stepThatIsRefusedIsTriedAgain(RebuildState state) {
        Rebuild rebuild = after(state, !GIVEN_UP.contains(state), REFUSED);
        assertThat(rebuild.state()).isEqualTo(state);
        assertThat(rebuild.message()).isEqualTo("Waits: refused");
    }

    @Test
    void rebuildThatReadersHaveNotSeenIsGivenUp() {
        assertThat(after(RebuildState.COMPARING, false, REFUSED).state()).isEqualTo(RebuildState.FAILING);
    }

    @ParameterizedTest
    @EnumSource(
            value = RebuildState.class,
            mode = Mode.INCLUDE,
            names = {"ROLLING_BACK", "EXCHANGING_BACK"})
    void rollbackToWhatIsGoneEnds(RebuildState state) {
        Rebuild rebuild = after(state, true, new CopyGoneException("gone", null));
        assertThat(rebuild.state()).isEqualTo(RebuildState.FAILED);
        assertThat(rebuild.message()).isEqualTo("gone");
    }
}
