package io.millrace.sync.rebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Reread;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.context.ConfigurableApplicationContext;

/** A new index with other options refuses what the live one took, and delivery has no dead letter of it. */
@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
class RefusedByCopyIT {

    private static final int ROW = 9999;
    private static final String NOT_SENT = "\"__debezium_unavailable_value\"";
    private static final String FITS = "{\"a\":1}";
    private static final String CONFLICTS = "{\"a\":{\"b\":1}}";

    private RebuildLab lab;
    private ConfigurableApplicationContext workers;

    @BeforeAll
    void start(LocalStack stack) {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
        lab = new RebuildLab(stack, "refused_by_copy");
        workers = lab.workers("elasticsearch");
    }

    @AfterAll
    void stop() {
        workers.close();
        lab.close();
    }

    /** The row's second state fits the live index alone; its third carries another column. */
    @BeforeEach
    void rowThatTheNewIndexRefuses() throws Exception {
        lab.register("elasticsearch", TestTables.itemColumns());
        lab.send(lab.events.create(RebuildLab.key(ROW), row("first", FITS)));
        // so many that what stands before and behind them is not read at once
        lab.fill(200);
        Future<?> refused = lab.send(lab.events.update(RebuildLab.key(ROW), null, row("second", CONFLICTS)));
        lab.fill(400);
        lab.send(lab.events.update(RebuildLab.key(ROW), null, row("third", NOT_SENT), "data"));
        lab.producer.flush();
        await().untilAsserted(
                        () -> assertThat(lab.documents(lab.alias()).get(ROW)).isEqualTo(row("third", CONFLICTS)));
        lab.sql.update(
                "UPDATE millrace.sink_binding SET options = '{\"mapping\":{\"data\":\"dynamic\"}}' WHERE table_id = ?",
                lab.table.id());
        RecordMetadata at = (RecordMetadata) refused.get();
        // the refusal is noted, and the note of what is read next fails
        lab.failNoteBehind(at.partition(), at.offset() + 60);
    }

    private static String row(String name, String data) {
        return "{\"id\":" + ROW + ",\"name\":\"" + name + "\",\"amount\":\"1.50\",\"note\":\"n\",\"data\":" + data
                + "}";
    }

    /** The feed was interrupted between the refused change and the one behind it, and asks for the row. */
    private void answer(String row) throws Exception {
        lab.request(Duration.ofHours(1));
        await().untilAsserted(() ->
                assertThat(lab.rebuild().message()).isEqualTo("Waits until capture has read 1 rows again"));
        assertThat(lab.tookUpAgain()).isTrue();
        Rereads rereads = lab.application.getBean(Rereads.class);
        List<Reread> asked = rereads.next(lab.table.id(), 10);
        assertThat(asked).extracting(one -> one.key().json()).containsExactly(RebuildLab.key(ROW));
        lab.send(lab.events.read(RebuildLab.key(ROW), row, TestEvents.nextLsn()))
                .get();
        rereads.answered(asked);
    }

    private Rebuild reached(RebuildState state) {
        await().untilAsserted(() ->
                assertThat(lab.rebuild().state()).as("%s", lab.rebuild()).isEqualTo(state));
        return lab.rebuild();
    }

    @Test
    void changeBehindOneThatTheNewIndexRefusedIsNotCompletedFromWhatStoodBefore() throws Exception {
        answer(row("third", "{\"a\":2}"));
        reached(RebuildState.SWITCHED);
        assertThat(lab.live()).isEqualTo(lab.alias() + "-000002");
        assertThat(lab.documents(lab.live()).get(ROW)).isEqualTo(row("third", "{\"a\":2}"));
    }

    @Test
    void rowThatIsRefusedAgainIsShownToAPersonAndNotAskedForWithoutEnd() throws Exception {
        answer(row("third", CONFLICTS));
        Rebuild found = reached(RebuildState.DIFFERENT);
        assertThat(found.comparison().older()).isEqualTo(1);
        assertThat(found.comparison().missing()).isZero();
        assertThat(found.comparison().examples()).containsExactly(String.valueOf(ROW));
        assertThat(lab.documents(lab.alias() + "-000002").get(ROW)).isEqualTo(row("first", FITS));
    }
}
