package io.millrace.sync.sink.redis;

import io.lettuce.core.RedisException;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode.NodeFlag;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Which node of a cluster serves which slots. A SCAN goes from one node to the next, so what moves meanwhile from one that it has not
 * reached to one that it has left is passed by.
 *
 * @see <a href="https://redis.io/docs/latest/commands/cluster-nodes/">CLUSTER NODES</a>
 */
final class Slots {

    /** Where the slots of a line of CLUSTER NODES begin. */
    private static final int FIRST_SLOT = 8;

    /** Slots are being moved: to be tried again. */
    static final class MovingException extends RedisException {

        private static final long serialVersionUID = 1;

        MovingException() {
            super(
                    "Redis Cluster is moving slots between its nodes, or they do not agree which of them has which, so rows"
                            + " might be passed by. Waits until that is over; redis-cli --cluster fix ends a move that was given up");
        }
    }

    private Slots() {}

    /**
     * Returns what all nodes say, for comparing; empty if there is one Redis alone.
     *
     * @throws MovingException if they do not say the same, or if it is not what this connection knows. A slot that is on its way is
     *     said by the two nodes of its move alone
     */
    static String of(Link link) throws ExecutionException, InterruptedException, TimeoutException {
        if (!(link.connection() instanceof StatefulRedisClusterConnection<byte[], byte[]> cluster)) {
            return "";
        }
        Set<String> asked = new HashSet<>();
        Set<Map<String, String>> told = new HashSet<>();
        for (RedisClusterNode node : cluster.getPartitions()) {
            if (node.is(NodeFlag.UPSTREAM) && !node.getSlots().isEmpty()) {
                asked.add(node.getNodeId());
                told.add(owners(cluster.getConnection(node.getNodeId())
                        .async()
                        .clusterNodes()
                        .get(link.timeout().toMillis(), TimeUnit.MILLISECONDS)));
            }
        }
        if (told.size() != 1 || !asked.containsAll(told.iterator().next().keySet())) {
            throw new MovingException();
        }
        return told.iterator().next().toString();
    }

    /**
     * Makes sure that nothing was moved.
     *
     * @param before what was told before the SCAN
     * @throws MovingException if it was, or is
     */
    static void requireSame(Link link, String before)
            throws ExecutionException, InterruptedException, TimeoutException {
        if (!of(link).equals(before)) {
            throw new MovingException();
        }
    }

    private static Map<String, String> owners(String nodes) {
        Map<String, String> owners = new TreeMap<>();
        nodes.lines()
                .map(line -> line.split(" "))
                .filter(line -> line.length > FIRST_SLOT)
                .forEach(line ->
                        owners.put(line[0], String.join(" ", List.of(line).subList(FIRST_SLOT, line.length))));
        return owners;
    }
}
