package io.millrace.sync.rebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.rebuild.RebuildRequest;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Reread;
import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.RedisProcess;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
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

/** A refill is compared with nothing: what its feed passes over without asking for it is lost, and the sink is green. */
@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
class InterruptedFeedIT {

    private static final int LACKING = 9999;
    private static final int COMPLETED = 9998;
    private static final String NOT_SENT = "__debezium_unavailable_value";

    private RedisProcess redis;
    private RebuildLab lab;
    private ConfigurableApplicationContext workers;

    @BeforeAll
    void start(LocalStack stack) throws Exception {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
        redis = RedisProcess.start("redis-feed", "--save", "", "--appendonly", "no");
        lab = new RebuildLab(stack, "interrupted_feed");
        workers = workers();
    }

    @BeforeEach
    void ownTable() throws Exception {
        lab.register("redis", TestTables.itemColumns());
    }

    private ConfigurableApplicationContext workers() {
        return lab.workers("redis", "--spring.data.redis.port=" + redis.port());
    }

    @AfterAll
    void stop() {
        workers.close();
        lab.close();
        redis.close();
    }

    private String held(int id) {
        return redis.with(connection ->
                connection.sync().get("shop:public." + lab.table.table().table() + ":" + id));
    }

    private static String lacking(int id) {
        return "{\"id\":" + id + ",\"name\":\"b\",\"amount\":\"2\",\"note\":\"" + NOT_SENT + "\",\"data\":null}";
    }

    private static String whole(int id) {
        return lacking(id).replace(NOT_SENT, "large");
    }

    private void interrupted() {
        // it is not there before the loss is noticed
        await().ignoreExceptionsInstanceOf(NoSuchElementException.class)
                .untilAsserted(() ->
                        assertThat(lab.rebuild().message()).isEqualTo("Waits until capture has read 1 rows again"));
        assertThat(lab.tookUpAgain())
                .as("the feed was interrupted, and another one took it up")
                .isTrue();
    }

    private List<Reread> asked() {
        return lab.application.getBean(Rereads.class).next(lab.table.id(), 10);
    }

    /** Capture's answer to the one row that is asked for: the refill ends with it, and shows it. */
    private void answer(int id, List<Reread> asked) throws Exception {
        assertThat(asked).extracting(one -> one.key().json()).containsExactly(RebuildLab.key(id));
        lab.send(lab.events.read(RebuildLab.key(id), whole(id), TestEvents.nextLsn()))
                .get();
        assertThat(lab.rebuild().state()).isEqualTo(RebuildState.FEEDING);
        lab.application.getBean(Rereads.class).answered(asked);
        await().untilAsserted(() ->
                assertThat(lab.rebuild().state()).as("%s", lab.rebuild()).isEqualTo(RebuildState.DONE));
        assertThat(held(id)).isEqualTo(whole(id));
    }

    private void allDelivered() {
        await().untilAsserted(() -> assertThat(delivered()).isEqualTo(lab.written()));
    }

    @Test
    void rowThatAnInterruptedFeedCouldNotCompleteIsReadAgainBeforeTheRefillIsShown() throws Exception {
        lab.put(LACKING, "a");
        lab.put(COMPLETED, "a");
        lab.fill(200);
        lab.send(lab.events.update(RebuildLab.key(LACKING), null, lacking(LACKING), "note"));
        lab.send(lab.events.update(RebuildLab.key(COMPLETED), null, lacking(COMPLETED), "note"));
        lab.send(lab.events.update(RebuildLab.key(COMPLETED), null, whole(COMPLETED)));
        // so much that progress is noted behind them, more than once, before the feed ends
        lab.fill(1000);
        allDelivered();
        await().until(() -> redis.with(
                connection -> !connection.sync().keys("millrace:marker:*").isEmpty()));
        lab.failNoteBehind(1300);

        // from now on the rows can only be shaped where they are whole
        lab.declare(new Shaping(null, Map.of(), Map.of(), "note != 'hidden'", List.of()));
        redis.with(connection -> connection.sync().flushall());

        interrupted();
        List<Reread> asked = asked();

        // whoever goes on in another process has to wait too
        workers.close();
        workers = workers();
        answer(LACKING, asked);
        assertThat(lab.rebuild().refused()).isZero();
        assertThat(held(COMPLETED)).isEqualTo(whole(COMPLETED));
        assertThat(redis.<Long>with(connection -> (long) connection
                        .sync()
                        .keys("shop:public." + lab.table.table().table() + ":*")
                        .size()))
                .isEqualTo(lab.rows.size());
    }

    private void discard(ChangeEvent event, RecordMetadata at) {
        lab.sql.update(
                """
                INSERT INTO millrace.dead_letter (sink, topic, partition, record_offset, key_hash, event_id, row_version, category, cause,
                    state, decided_by, reason)
                VALUES ('redis', ?, ?, ?, ?, ?, ?, 'REJECTED', 'refused', 'DISCARDED', 'test', 'because')
                """,
                at.topic(),
                at.partition(),
                at.offset(),
                event.key().hash(event.source(), event.table()),
                event.eventId(),
                event.rowVersion());
    }

    @Test
    void rowBehindADiscardedChangeIsReadAgainThoughTheFeedWasInterruptedBetweenTheTwo() throws Exception {
        lab.put(LACKING, "a");
        ChangeEvent discarded = lab.events.update(RebuildLab.key(LACKING), null, whole(LACKING));
        RecordMetadata at = (RecordMetadata) lab.send(discarded).get();
        lab.fill(600);
        lab.send(lab.events.update(RebuildLab.key(LACKING), null, lacking(LACKING), "note"))
                .get();
        allDelivered();
        discard(discarded, at);
        lab.failNoteBehind(lab.written() - 100);

        redis.with(connection -> connection.sync().flushall());

        interrupted();
        answer(LACKING, asked());
    }

    @Test
    void rowThatDeliveryAwaitsCompletesNothingThatIsBroughtBackBesideIt() throws Exception {
        lab.declare(new Shaping(null, Map.of(), Map.of(), "note != 'hidden'", List.of()));
        lab.put(LACKING, "a");
        String before = RebuildLab.item(LACKING, "a");
        RecordMetadata leftOut =
                (RecordMetadata) lab.send(lab.events.update(RebuildLab.key(LACKING), null, lacking(LACKING), "note"))
                        .get();
        allDelivered();
        String other = whole(LACKING).replace("\"b\"", '"' + NOT_SENT + '"');
        lab.send(lab.events.update(RebuildLab.key(LACKING), null, other, "name"))
                .get();
        allDelivered();
        assertThat(held(LACKING)).isEqualTo(before);

        lab.rebuilds.refill(RebuildRequest.refill(
                lab.table.id(), "redis", "For a test", Map.of(leftOut.partition(), leftOut.offset() + 1), "test"));

        await().untilAsserted(() ->
                assertThat(lab.rebuild().message()).isEqualTo("Waits until capture has read 1 rows again"));
        assertThat(held(LACKING)).isEqualTo(before);
        answer(LACKING, asked());
    }

    private long delivered() {
        return lab.sql.queryForObject(
                "SELECT coalesce(sum(next_offset), 0) FROM millrace.delivery_offset WHERE topic = ?",
                Long.class,
                lab.table.topic());
    }
}
