package io.millrace.sync.sink.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.SlotHash;
import io.millrace.event.ChangeEvent;
import io.millrace.sync.fixture.RedisCluster;
import io.millrace.sync.fixture.RedisProcess;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Entries in a cluster of three masters. */
class RedisClusterSinkIT extends RedisContractTests {

    private RedisCluster cluster;

    @Override
    RedisAccess access() {
        cluster = RedisCluster.start("redis-cluster", "--appendonly", "yes", "--save", "");
        return new RedisAccess(
                cluster.nodes().stream()
                        .map(node -> RedisURI.create("127.0.0.1", node.port()))
                        .toList(),
                true,
                PROPERTIES.commandTimeout(),
                null);
    }

    @AfterAll
    void stopNodes() {
        cluster.close();
    }

    @Override
    protected void stopService() {
        cluster.nodes().forEach(RedisProcess::kill);
    }

    @Override
    protected void startService() {
        cluster.nodes().forEach(RedisProcess::start);
        cluster.awaitOk();
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
        cluster.nodes().forEach(node -> assertThat(
                        node.<Long>with(connection -> connection.sync().dbsize()))
                .as("keys on node %d", node.port())
                .isGreaterThan(100));
    }
}
