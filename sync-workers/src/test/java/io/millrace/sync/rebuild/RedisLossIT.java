package io.millrace.sync.rebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.sync.RedisCommands;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildFeed;
import io.millrace.catalog.rebuild.RebuildRequest;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.RedisProcess;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.context.ConfigurableApplicationContext;

/** A Redis that forgets, in every way that it can: its entries come back, and nothing is written at the source. */
@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
class RedisLossIT {

    private RedisProcess redis;
    private RebuildLab lab;
    private ConfigurableApplicationContext workers;

    @BeforeAll
    void start(LocalStack stack) {
        Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
        // no persistence, unless a test asks for a dump
        redis = RedisProcess.start("redis-loss", "--save", "", "--appendonly", "no");
        lab = new RebuildLab(stack, "redis_loss");
        workers = lab.workers(
                "redis", "--spring.data.redis.port=" + redis.port(), "--millrace.sync.delivery.backoff-max=300ms");
    }

    @AfterAll
    void stop() {
        workers.close();
        lab.close();
        redis.close();
    }

    @BeforeEach
    void ownTable() throws Exception {
        lab.sql.update("UPDATE millrace.captured_table SET state = 'REMOVING' WHERE true");
        redis.with(connection -> connection.sync().flushall());
        await().until(() -> marker() != null);
        lab.register("redis", TestTables.itemColumns());
        lab.fill(200);
        allHeld();
        marked();
    }

    private String prefix() {
        return "shop:public." + lab.table.table().table() + ":";
    }

    private Map<Integer, String> held() {
        return redis.with(connection -> {
            Map<Integer, String> held = new TreeMap<>();
            RedisCommands<String, String> commands = connection.sync();
            ScanIterator.scan(commands, ScanArgs.Builder.matches(prefix() + "*").limit(1000))
                    .forEachRemaining(key -> {
                        String json = commands.get(key);
                        if (json != null) {
                            held.put(
                                    Integer.parseInt(key.substring(prefix().length())),
                                    RebuildLab.JSON.readTree(json).path("name").asString());
                        }
                    });
            return held;
        });
    }

    private void allHeld() {
        await().ignoreExceptions().untilAsserted(() -> assertThat(held()).isEqualTo(lab.rows));
    }

    private String marker() {
        return redis.with(connection -> connection.sync().keys("millrace:marker:*").stream()
                .findFirst()
                .map(connection.sync()::get)
                .orElse(null));
    }

    /** Waits until the marker says that all of this table was in Redis. */
    private void marked() {
        await().untilAsserted(() -> {
            String marker = marker();
            long offsets = RebuildLab.JSON
                    .readTree(String.valueOf(marker))
                    .path("offsets")
                    .path(lab.table.topic())
                    .valueStream()
                    .mapToLong(offset -> offset.asLong())
                    .sum();
            long stored = lab.sql.queryForObject(
                    "SELECT coalesce(sum(next_offset), -1) FROM millrace.delivery_offset WHERE topic = ?",
                    Long.class,
                    lab.table.topic());
            assertThat(offsets).isEqualTo(stored);
        });
    }

    private void nothingIsLeftOver() {
        await().untilAsserted(() -> assertThat(lab.rebuild().state()).isEqualTo(RebuildState.DONE));
        assertThat(redis.<List<String>>with(connection -> connection.sync().keys("millrace:[rs]:*")))
                .isEmpty();
    }

    @Test
    void flushedEntriesComeBackAndNobodySeesAnOldOne() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        AtomicReference<String> old = new AtomicReference<>();
        Thread reader = new Thread(() -> redis.with(connection -> {
            while (!over.get()) {
                String json = connection.sync().get(prefix() + "3");
                if (json != null && !json.contains("\"second\"")) {
                    old.set(json);
                }
                if (connection.sync().exists(prefix() + "7") > 0) {
                    old.set("a row that was deleted");
                }
            }
            return true;
        }));
        reader.start();
        try {
            redis.with(connection -> connection.sync().flushall());
            lab.put(1, "meanwhile");
            lab.delete(2);
            lab.producer.flush();
            allHeld();
        } finally {
            over.set(true);
            reader.join();
        }
        assertThat(old).hasNullValue();
        nothingIsLeftOver();
    }

    @Test
    void restartWithoutPersistenceIsNoticedAndEntriesComeBack() throws Exception {
        redis.kill();
        lab.put(1, "while Redis was away");
        lab.producer.flush();
        redis.start();
        allHeld();
        nothingIsLeftOver();
    }

    @Test
    void restartWithAnOldDumpBringsBackWhatTheDumpLacks() throws Exception {
        redis.with(connection -> connection.sync().save());
        lab.put(1, "behind the dump");
        lab.put(4, "behind the dump");
        lab.delete(5);
        lab.producer.flush();
        allHeld();
        marked();
        redis.kill();
        redis.start();
        allHeld();
        nothingIsLeftOver();
        assertThat(lab.rebuild().reason()).contains("started again");
        assertThat(lab.rebuild().from().values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .as("only what the dump may lack is read again")
                .isGreaterThan(200);
        java.nio.file.Files.deleteIfExists(java.nio.file.Path.of("target", "redis-loss-" + redis.port(), "dump.rdb"));
    }

    @Test
    void truncateThatAnOldDumpHasNotSeenTakesItsRowsAgain() throws Exception {
        redis.with(connection -> connection.sync().save());
        lab.truncate();
        lab.put(4, "behind the truncate");
        lab.producer.flush();
        allHeld();
        marked();
        redis.kill();
        redis.start();
        await().until(() -> lab.rebuilds.latest(lab.table.id(), "redis").isPresent());
        nothingIsLeftOver();
        assertThat(held()).isEqualTo(lab.rows);
        java.nio.file.Files.deleteIfExists(java.nio.file.Path.of("target", "redis-loss-" + redis.port(), "dump.rdb"));
    }

    @Test
    void lossWhileEntriesComeBackBeginsAgain() throws Exception {
        lab.fill(1000);
        allHeld();
        marked();
        redis.with(connection -> connection.sync().flushall());
        await().until(() ->
                redis.with(connection -> !connection.sync().keys("millrace:s:*").isEmpty()));
        redis.with(connection -> connection.sync().flushall());
        allHeld();
        nothingIsLeftOver();
    }

    @Test
    void evictionIsSaidLoudlyAndEntriesComeBackOnceThereIsRoom() throws Exception {
        long used = redis.with(connection -> Long.parseLong(connection
                .sync()
                .info("memory")
                .lines()
                .filter(line -> line.startsWith("used_memory:"))
                .findFirst()
                .orElseThrow()
                .substring("used_memory:".length())
                .strip()));
        redis.with(connection -> {
            connection.sync().configSet("maxmemory-policy", "allkeys-lru");
            return connection.sync().configSet("maxmemory", Long.toString(used + 60_000));
        });
        try {
            for (int i = 0; i < 600; i++) {
                lab.put(10_000 + i, "x".repeat(200));
            }
            lab.producer.flush();
            Sink sink = workers.getBeansOfType(Sink.class).get("redisSink");
            await().untilAsserted(() -> assertThat(faultOf(sink)).contains("throws entries out", "allkeys-lru"));
            assertThat(held()).isNotEqualTo(lab.rows);
        } finally {
            redis.with(connection -> {
                connection.sync().configSet("maxmemory", "0");
                return connection.sync().configSet("maxmemory-policy", "noeviction");
            });
        }
        allHeld();
        await().untilAsserted(() -> assertThat(
                        faultOf(workers.getBeansOfType(Sink.class).get("redisSink")))
                .isEmpty());
        nothingIsLeftOver();
    }

    @Test
    void refillThatWasGivenUpBehindALossIsSaidUntilAnotherOneIsDone() throws Exception {
        redis.with(connection -> connection.sync().flushall());
        allHeld();
        nothingIsLeftOver();
        Sink sink = workers.getBeansOfType(Sink.class).get("redisSink");
        await().untilAsserted(() -> assertThat(faultOf(sink)).isEmpty());
        lab.sql.update(
                "UPDATE millrace.sink_rebuild SET state = 'CANCELLED' WHERE id = ?",
                lab.rebuild().id());
        await().untilAsserted(() -> assertThat(faultOf(sink))
                .contains(lab.table.table().toString(), "cancelled", "was emptied", "/rebuild"));
        lab.rebuilds.request(RebuildRequest.refill(lab.table.id(), "redis", "Asked for", "{}", "test", false));
        nothingIsLeftOver();
        await().untilAsserted(() -> assertThat(faultOf(sink)).isEmpty());
        allHeld();
    }

    @Test
    void refillWhoseRecordsRetentionDeletedTakesASnapshotInstead() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", lab.stack.kafkaBootstrapServers()))) {
            Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
            for (int partition = 0; partition < 2; partition++) {
                all.put(new TopicPartition(lab.table.topic(), partition), RecordsToDelete.beforeOffset(50));
            }
            admin.deleteRecords(all).all().get();
        }
        // as it stands when retention overtakes a feed
        lab.sql.update(
                "INSERT INTO millrace.sink_rebuild (table_id, sink, kind, state, reason, feed, fed_until, keep_for, requested_by, needed)"
                        + " VALUES (?, 'redis', 'REFILL', 'FEEDING', 'A loss', 'TOPIC', '{\"0\": 60, \"1\": 60}', interval '0', 'test', true)",
                lab.table.id());
        await().untilAsserted(() -> assertThat(lab.rebuild().feed()).isEqualTo(RebuildFeed.SNAPSHOT));
        TableSnapshot snapshot = lab.catalog.snapshot(lab.table.id()).orElseThrow();
        long lowWatermark = TestEvents.nextLsn();
        for (Map.Entry<Integer, String> row : new TreeMap<>(lab.rows).entrySet()) {
            lab.send(lab.events.read(
                    RebuildLab.key(row.getKey()), RebuildLab.item(row.getKey(), row.getValue()), lowWatermark));
        }
        lab.producer.flush();
        lab.catalog.snapshotEnded(snapshot.id(), SnapshotState.DONE, null);
        nothingIsLeftOver();
        allHeld();
    }

    private static String faultOf(Sink sink) {
        try {
            sink.check();
            return "";
        } catch (SinkException e) {
            return e.getMessage();
        }
    }

    @Test
    void fullRedisIsWaitedFor() throws Exception {
        redis.with(connection -> connection.sync().configSet("maxmemory", "100"));
        try {
            lab.put(1, "too much");
            lab.producer.flush();
            await().untilAsserted(() -> assertThat(lab.sql.queryForList(
                            "SELECT waiting_for FROM millrace.delivery_offset WHERE topic = ? AND waiting_for IS NOT NULL",
                            String.class,
                            lab.table.topic()))
                    .singleElement()
                    .asString()
                    .contains("OOM"));
        } finally {
            redis.with(connection -> connection.sync().configSet("maxmemory", "0"));
        }
        allHeld();
        assertThat(lab.sql.queryForObject(
                        "SELECT count(*) FROM millrace.dead_letter WHERE topic = ?", Integer.class, lab.table.topic()))
                .isZero();
        assertThat(lab.rebuilds.latest(lab.table.id(), "redis").map(Rebuild::reason))
                .as("nothing was lost")
                .isEmpty();
    }
}
