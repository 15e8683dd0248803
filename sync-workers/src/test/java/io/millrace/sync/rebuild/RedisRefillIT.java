package io.millrace.sync.rebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildRequest;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Reread;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.SyncWorkersApplication;
import io.millrace.sync.fixture.Platform;
import io.millrace.sync.fixture.RedisProcess;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What delivery writes while entries are brought back, behind the end of the feed: it is neither lost nor wrong for good. */
@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
class RedisRefillIT {

    private RedisProcess redis;
    private RebuildLab lab;
    private ConfigurableApplicationContext workers;

    @BeforeAll
    void start(LocalStack stack) {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
        redis = RedisProcess.start("redis-refill", "--save", "", "--appendonly", "no");
        lab = new RebuildLab(stack, "redis_refill");
        StepGate.install(lab);
        workers = Platform.run(
                stack,
                "redis_refill",
                SyncWorkersApplication.class,
                List.of(
                        "--spring.data.redis.port=" + redis.port(),
                        "--millrace.sinks.redis.guard-interval=200ms",
                        "--millrace.sinks.elasticsearch.enabled=false",
                        "--millrace.sinks.audit.enabled=false",
                        "--millrace.sync.rebuild.interval=50ms",
                        // what delivery knows of the catalog is old for as long as it may be
                        "--millrace.sync.delivery.catalog-interval=1s"));
    }

    @AfterAll
    void stop() {
        workers.close();
        lab.close();
        redis.close();
    }

    private void register(String options) throws Exception {
        lab.sql.update("UPDATE millrace.captured_table SET state = 'REMOVING' WHERE true");
        lab.register("redis", TestTables.itemColumns());
        lab.catalog.bindingOptions(lab.table.id(), "redis", options);
    }

    private static String row(String name, String note) {
        return RebuildLab.item(1, name).replace("\"n\"", "\"" + note + "\"");
    }

    private String note() {
        String key = "shop:public." + lab.table.table().table() + ":1";
        return redis.with(connection -> "hash".equals(connection.sync().type(key))
                ? connection.sync().hget(key, "note")
                : RebuildLab.JSON
                        .readTree(connection.sync().get(key))
                        .path("note")
                        .asString());
    }

    private void delivered() {
        lab.producer.flush();
        await().untilAsserted(() -> assertThat(stored()).isEqualTo(lab.written()));
    }

    private long stored() {
        return lab.sql.queryForObject(
                "SELECT coalesce(sum(next_offset), 0) FROM millrace.delivery_offset WHERE topic = ?",
                Long.class,
                lab.table.topic());
    }

    /** Waits until the marker says that all of this table was in Redis. */
    private void marked() {
        await().untilAsserted(() -> assertThat(redis.<String>with(connection -> connection
                        .sync()
                        .get(connection.sync().keys("millrace:marker:*").get(0))))
                .satisfies(marker -> assertThat(RebuildLab.JSON
                                .readTree(marker)
                                .path("offsets")
                                .path(lab.table.topic())
                                .valueStream()
                                .mapToLong(offset -> offset.asLong())
                                .sum())
                        .isEqualTo(stored())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"format\":\"hash\"}"})
    void changeThatLacksValuesTakesNoneFromWhatARestartLeft(String options) throws Exception {
        register(options);
        lab.send(lab.events.create(RebuildLab.key(1), row("a", "old")));
        delivered();
        marked();
        redis.with(connection -> connection.sync().save());
        lab.send(lab.events.update(RebuildLab.key(1), null, row("b", "new")));
        delivered();
        Rereads rereads = lab.application.getBean(Rereads.class);
        try (StepGate gate = new StepGate(lab, RebuildState.EXCHANGING)) {
            redis.kill();
            redis.start();
            gate.at(RebuildState.EXCHANGING, () -> {
                try {
                    lab.send(lab.events.update(
                            RebuildLab.key(1), null, row("c", "__debezium_unavailable_value"), "note"));
                    delivered();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
        }
        await().untilAsserted(() -> assertThat(lab.rebuild().state()).isEqualTo(RebuildState.DONE));
        assertThat(note()).isEqualTo("new");

        List<Reread> asked = rereads.next(lab.table.id(), 10);
        assertThat(asked).extracting(one -> one.key().json()).containsExactly(RebuildLab.key(1));
        lab.send(lab.events.read(RebuildLab.key(1), row("c", "new"), TestEvents.nextLsn()));
        rereads.answered(asked);
        delivered();
        assertThat(note()).isEqualTo("new");
    }

    private String name(String key) {
        String json = redis.with(connection -> connection.sync().get(key));
        return json == null ? null : RebuildLab.JSON.readTree(json).path("name").asString();
    }

    private void save(String options) {
        new TransactionTemplate(lab.application.getBean(PlatformTransactionManager.class))
                .executeWithoutResult(status -> {
                    lab.rebuilds
                            .begin(RebuildRequest.refill(
                                    lab.table.id(), "redis", "Its options were changed", "{}", "test", true))
                            .orElseThrow();
                    lab.catalog.bindingOptions(lab.table.id(), "redis", options);
                });
    }

    @Test
    void changeThatDeliveryWroteUnderFormerOptionsIsFedUnderTheNewOnes() throws Exception {
        register("{}");
        String table = lab.table.table().table();
        lab.put(1, "before");
        delivered();
        lab.catalog.bindingOptions(lab.table.id(), "redis", "{\"key\":\"probe:{table}:{id}\"}");
        await().pollInterval(Duration.ofMillis(10)).until(() -> {
            lab.put(2, "probe");
            lab.producer.flush();
            return name("probe:" + table + ":2") != null;
        });
        // delivery has asked the catalog just now, and does so again in a second
        save("{\"key\":\"now:{table}:{id}\"}");
        await().pollInterval(Duration.ofMillis(10))
                .until(() -> !lab.rebuild().until().isEmpty());
        lab.put(1, "behind the feed's end");
        await().untilAsserted(() -> assertThat(lab.rebuild()).returns(RebuildState.DONE, Rebuild::state));
        delivered();
        assertThat(name("now:" + table + ":1")).isEqualTo("behind the feed's end");
    }
}
