package io.millrace.sync.rebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Reread;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.RedisProcess;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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

    private RedisProcess redis;
    private RebuildLab lab;
    private ConfigurableApplicationContext workers;

    @BeforeAll
    void start(LocalStack stack) throws Exception {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
        redis = RedisProcess.start("redis-feed", "--save", "", "--appendonly", "no");
        lab = new RebuildLab(stack, "interrupted_feed");
        workers = workers();
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

    /** Fails the first note of progress behind so many records; a sequence remembers it though the transaction is rolled back. */
    private void failNoteBehind(long records) {
        lab.sql.execute("CREATE SEQUENCE millrace.feed_fault");
        lab.sql.execute("""
                CREATE FUNCTION millrace.feed_fault() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF (SELECT sum(value::bigint) FROM jsonb_each_text(NEW.fed_next)) > %d
                            AND nextval('millrace.feed_fault') = 1 THEN
                        RAISE EXCEPTION 'The test wants it';
                    END IF;
                    RETURN NEW;
                END $$
                """.formatted(records));
        lab.sql.execute("""
                CREATE TRIGGER feed_fault BEFORE UPDATE OF fed_next ON millrace.sink_rebuild
                FOR EACH ROW EXECUTE FUNCTION millrace.feed_fault()
                """);
    }

    private String held(int id) {
        return redis.with(connection ->
                connection.sync().get("shop:public." + lab.table.table().table() + ":" + id));
    }

    private static String lacking(int id) {
        return "{\"id\":" + id
                + ",\"name\":\"b\",\"amount\":\"2\",\"note\":\"__debezium_unavailable_value\",\"data\":null}";
    }

    private static String whole(int id) {
        return lacking(id).replace("__debezium_unavailable_value", "large");
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
        await().untilAsserted(() -> assertThat(delivered()).isEqualTo(written()));
        await().until(() -> redis.with(
                connection -> !connection.sync().keys("millrace:marker:*").isEmpty()));
        failNoteBehind(1300);

        // from now on the rows can only be shaped where they are whole
        lab.declare(new Shaping(null, Map.of(), Map.of(), "note != 'hidden'", List.of()));
        redis.with(connection -> connection.sync().flushall());

        // it is not there before the loss is noticed
        await().ignoreExceptionsInstanceOf(NoSuchElementException.class)
                .untilAsserted(() ->
                        assertThat(lab.rebuild().message()).isEqualTo("Waits until capture has read 1 rows again"));
        assertThat(lab.sql.queryForObject("SELECT last_value FROM millrace.feed_fault", Long.class))
                .as("the feed was interrupted, and another one took it up")
                .isGreaterThan(1);
        Rereads rereads = lab.application.getBean(Rereads.class);
        List<Reread> asked = rereads.next(lab.table.id(), 10);
        assertThat(asked).extracting(one -> one.key().json()).containsExactly(RebuildLab.key(LACKING));

        // whoever goes on in another process has to wait too
        workers.close();
        workers = workers();
        lab.send(lab.events.read(RebuildLab.key(LACKING), whole(LACKING), TestEvents.nextLsn()))
                .get();
        assertThat(lab.rebuild().state()).isEqualTo(RebuildState.FEEDING);
        rereads.answered(asked);
        await().untilAsserted(() ->
                assertThat(lab.rebuild().state()).as("%s", lab.rebuild()).isEqualTo(RebuildState.DONE));
        assertThat(lab.rebuild().refused()).isZero();
        assertThat(held(LACKING)).isEqualTo(whole(LACKING));
        assertThat(held(COMPLETED)).isEqualTo(whole(COMPLETED));
        assertThat(redis.<Long>with(connection -> (long) connection
                        .sync()
                        .keys("shop:public." + lab.table.table().table() + ":*")
                        .size()))
                .isEqualTo(lab.rows.size());
    }

    private long delivered() {
        return lab.sql.queryForObject(
                "SELECT coalesce(sum(next_offset), 0) FROM millrace.delivery_offset WHERE topic = ?",
                Long.class,
                lab.table.topic());
    }

    private long written() {
        lab.producer.flush();
        try (TopicReader reader = new TopicReader(
                Map.of(
                        "bootstrap.servers",
                        lab.stack.kafkaBootstrapServers(),
                        "key.deserializer",
                        ByteArrayDeserializer.class,
                        "value.deserializer",
                        ByteArrayDeserializer.class),
                lab.table.topic())) {
            return reader.extent().end().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }
    }
}
