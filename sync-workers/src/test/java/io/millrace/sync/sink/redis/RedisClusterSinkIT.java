package io.millrace.sync.sink.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.SlotHash;
import io.millrace.event.ChangeEvent;
import io.millrace.sync.fixture.RedisCluster;
import io.millrace.sync.fixture.RedisProcess;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.HeldState;
import io.millrace.sync.sink.SinkException;
import java.util.HashSet;
import java.util.Set;
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

    private void fill() throws Exception {
        assertThat(write(IntStream.range(0, 300)
                        .mapToObj(i -> events.create(key(i), item(i, "n" + i)))
                        .toArray(ChangeEvent[]::new)))
                .isEmpty();
    }

    /** Returns a row that lies on a node. */
    private int rowOn(RedisProcess node) {
        return IntStream.range(0, 300)
                .filter(i -> node.<Long>with(connection -> connection
                                .sync()
                                .clusterCountKeysInSlot(SlotHash.getSlot(entry(table, Integer.toString(i)))))
                        > 0)
                .findFirst()
                .orElseThrow();
    }

    private RedisProcess nodeOf(byte[] key) {
        return cluster.nodes().stream()
                .filter(node ->
                        node.<Long>with(connection -> connection.sync().clusterCountKeysInSlot(SlotHash.getSlot(key)))
                                > 0)
                .findFirst()
                .orElseThrow();
    }

    /** Moves a slot from a node that a scan has not reached to the one that it is at. */
    private void moveHere(byte[] scannedKey) {
        RedisProcess scanned = nodeOf(scannedKey);
        RedisProcess other = cluster.nodes().stream()
                .filter(node -> node != scanned)
                .findFirst()
                .orElseThrow();
        int slot = SlotHash.getSlot(entry(table, Integer.toString(rowOn(other))));
        cluster.beginMove(slot, other, scanned);
        cluster.endMove(slot, other, scanned);
    }

    @Test
    void scanThatASlotPassedByIsNotTakenForAWholeOne() throws Exception {
        fill();
        TableEntries entries = TableEntries.unshaped(table);
        Set<String> found = new HashSet<>();
        assertThatExceptionOfType(SinkException.class)
                .isThrownBy(() -> access.with(link -> {
                    Marks.all(link, Space.LIVE, entries, keys -> {
                        if (found.isEmpty()) {
                            moveHere(keys.get(0));
                        }
                        keys.forEach(key -> found.add(text(key)));
                    });
                    return true;
                }))
                .returns(ErrorCategory.RETRYABLE, SinkException::category)
                .withMessageContaining("slots");
        assertThat(found).as("what was moved was passed by").hasSizeLessThan(300);

        ChangeEvent truncate = events.truncate();
        await().untilAsserted(() -> assertThat(write(truncate)).isEmpty());
        assertThat(IntStream.range(0, 300).filter(i -> held(i) != null)).isEmpty();
    }

    @Test
    void searchThatASlotPassedByIsMadeAgain() throws Exception {
        fill();
        Set<String> found = new HashSet<>();
        HeldState held = (HeldState) sink();
        HeldState.Page page = rows -> {
            if (found.isEmpty()) {
                moveHere(bytes(entry(table, rows.get(0).key().encoded())));
            }
            rows.forEach(row -> found.add(row.key().encoded()));
        };
        assertThatExceptionOfType(SinkException.class)
                .isThrownBy(() -> held.olderThan(table, Long.MAX_VALUE, false, page))
                .returns(ErrorCategory.RETRYABLE, SinkException::category)
                .withMessageContaining("slots");
        assertThat(found).as("what was moved was passed by").hasSizeLessThan(300);
        await().ignoreExceptions().untilAsserted(() -> {
            held.olderThan(table, Long.MAX_VALUE, false, page);
            assertThat(found).hasSize(300);
        });
    }

    @Test
    void truncateWaitsWhileASlotIsBeingMoved() throws Exception {
        fill();
        RedisProcess from = cluster.nodes().get(2);
        RedisProcess to = cluster.nodes().get(0);
        int slot = SlotHash.getSlot(entry(table, Integer.toString(rowOn(from))));
        ChangeEvent truncate = events.truncate();
        cluster.beginMove(slot, from, to);
        assertThat(write(events.create(key(400), item(400, "of the same batch")), truncate))
                .singleElement()
                .returns(1, Failure::index)
                .returns(ErrorCategory.RETRYABLE, Failure::category)
                .satisfies(failure -> assertThat(failure.cause()).contains("slots"));
        cluster.endMove(slot, from, to);
        await().untilAsserted(() -> assertThat(write(truncate)).isEmpty());
        assertThat(IntStream.range(0, 300).filter(i -> held(i) != null)).isEmpty();
    }
}
