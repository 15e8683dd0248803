package io.millrace.sync.sink.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.SlotHash;
import io.millrace.event.ChangeEvent;
import io.millrace.sync.fixture.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Entries in a cluster of three masters. */
class RedisClusterSinkIT extends RedisContractTests {

    private final List<RedisProcess> nodes = new ArrayList<>();

    @Override
    RedisAccess access() {
        for (int i = 0; i < 3; i++) {
            nodes.add(RedisProcess.start(
                    "redis-cluster",
                    "--cluster-enabled",
                    "yes",
                    "--cluster-node-timeout",
                    "3000",
                    "--appendonly",
                    "yes",
                    "--save",
                    ""));
        }
        int first = nodes.get(0).port();
        for (int i = 0; i < 3; i++) {
            int from = i * SlotHash.SLOT_COUNT / 3;
            int to = (i + 1) * SlotHash.SLOT_COUNT / 3;
            nodes.get(i).with(connection -> {
                connection.sync().clusterAddSlots(IntStream.range(from, to).toArray());
                return connection.sync().clusterMeet("127.0.0.1", first);
            });
        }
        awaitCluster();
        return new RedisAccess(
                nodes.stream()
                        .map(node -> RedisURI.create("127.0.0.1", node.port()))
                        .toList(),
                true,
                PROPERTIES.commandTimeout(),
                null);
    }

    private void awaitCluster() {
        nodes.forEach(node -> await().atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() -> node.with(connection -> {
                    String info = connection.sync().clusterInfo();
                    return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3");
                })));
    }

    @AfterAll
    void stopNodes() {
        nodes.forEach(RedisProcess::close);
    }

    @Override
    protected void stopService() {
        nodes.forEach(RedisProcess::kill);
    }

    @Override
    protected void startService() {
        nodes.forEach(RedisProcess::start);
        awaitCluster();
    }

    @Test
    void rowsOfOneBatchLieOnAllNodesAndEachWithItsMarkInOneSlot() throws Exception {
        ChangeEvent[] batch = IntStream.range(0, 300)
                .mapToObj(i -> events.create(key(i), item(i, "n" + i)))
                .toArray(ChangeEvent[]::new);
        assertThat(write(batch)).isEmpty();
        for (int i = 0; i < 300; i++) {
            byte[] key = bytes(entry(table, Integer.toString(i)));
            assertThat(SlotHash.getSlot(Space.LIVE.mark(key))).isEqualTo(SlotHash.getSlot(key));
            assertThat(SlotHash.getSlot(Space.SHADOW.row(key))).isEqualTo(SlotHash.getSlot(key));
            assertThat(SlotHash.getSlot(Space.SHADOW.mark(key))).isEqualTo(SlotHash.getSlot(key));
            assertThat(held(i)).isEqualTo(JSON.readTree(item(i, "n" + i)));
        }
        nodes.forEach(node -> assertThat(
                        node.<Long>with(connection -> connection.sync().dbsize()))
                .as("keys on node %d", node.port())
                .isGreaterThan(100));
    }
}
