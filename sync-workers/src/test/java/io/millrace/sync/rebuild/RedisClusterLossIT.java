package io.millrace.sync.rebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.SlotHash;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.RedisCluster;
import io.millrace.sync.fixture.RedisProcess;
import io.millrace.sync.fixture.TestTables;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One node of a Redis Cluster forgets: its entries come back, and nothing is written at the source. */
@ExtendWith(LocalStackExtension.class)
class RedisClusterLossIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void aNodeThatWasFlushedOrStartedAgainWithoutItsDataGetsItsEntriesBack(LocalStack stack) throws Exception {
        try (RedisCluster cluster = RedisCluster.start("cluster-loss", "--save", "", "--appendonly", "no");
                RebuildLab lab = new RebuildLab(stack, "redis_cluster_loss")) {
            String nodes = cluster.nodes().stream()
                    .map(node -> "127.0.0.1:" + node.port())
                    .collect(Collectors.joining(","));
            try (var workers = lab.workers("redis", "--spring.data.redis.cluster.nodes=" + nodes)) {
                lab.register("redis", TestTables.itemColumns());
                lab.fill(300);
                allHeld(cluster, lab);
                marked(cluster, lab);

                RedisProcess flushed = cluster.nodes().get(1);
                long before = keys(flushed, lab);
                assertThat(before).isPositive().isLessThan(lab.rows.size());
                flushed.with(connection -> connection.sync().flushall());
                allHeld(cluster, lab);
                broughtBack(lab, 1, "was emptied");
                marked(cluster, lab);

                RedisProcess killed = cluster.nodes().get(2);
                killed.kill();
                lab.put(1, "while a node was away");
                lab.put(2, "while a node was away");
                lab.producer.flush();
                killed.start();
                cluster.awaitOk();
                allHeld(cluster, lab);
                broughtBack(lab, 2, "was emptied");
            }
        }
    }

    private static void broughtBack(RebuildLab lab, int node, String why) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(lab.rebuild().state()).isEqualTo(RebuildState.DONE));
        assertThat(lab.rebuild().reason()).contains("slot " + node * SlotHash.SLOT_COUNT / 3, why);
    }

    private static void allHeld(RedisCluster cluster, RebuildLab lab) {
        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> assertThat(held(cluster, lab))
                .isEqualTo(lab.rows));
    }

    private static String prefix(RebuildLab lab) {
        return "shop:public." + lab.table.table().table() + ":";
    }

    private static long keys(RedisProcess node, RebuildLab lab) {
        return held(node, lab).size();
    }

    private static Map<Integer, String> held(RedisCluster cluster, RebuildLab lab) {
        Map<Integer, String> held = new TreeMap<>();
        cluster.nodes().forEach(node -> held.putAll(held(node, lab)));
        return held;
    }

    private static Map<Integer, String> held(RedisProcess node, RebuildLab lab) {
        return node.with(connection -> {
            Map<Integer, String> held = new TreeMap<>();
            RedisCommands<String, String> commands = connection.sync();
            ScanIterator.scan(
                            commands,
                            ScanArgs.Builder.matches(prefix(lab) + "*").limit(1000))
                    .forEachRemaining(key -> held.put(
                            Integer.parseInt(key.substring(prefix(lab).length())),
                            RebuildLab.JSON
                                    .readTree(commands.get(key))
                                    .path("name")
                                    .asString()));
            return held;
        });
    }

    /** Waits until each node's marker says that all of the table was there. */
    private static void marked(RedisCluster cluster, RebuildLab lab) {
        for (RedisProcess node : cluster.nodes()) {
            await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
                String marker = node.with(connection -> connection
                        .sync()
                        .get(connection.sync().keys("millrace:marker:*").get(0)));
                long offsets = RebuildLab.JSON
                        .readTree(marker)
                        .path("offsets")
                        .path(lab.table.topic())
                        .valueStream()
                        .mapToLong(offset -> offset.asLong())
                        .sum();
                assertThat(offsets)
                        .isEqualTo(lab.sql.queryForObject(
                                "SELECT sum(next_offset) FROM millrace.delivery_offset WHERE topic = ?",
                                Long.class,
                                lab.table.topic()));
            });
        }
    }
}
