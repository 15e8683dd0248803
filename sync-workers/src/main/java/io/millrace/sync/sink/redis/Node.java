package io.millrace.sync.sink.redis;

import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode.NodeFlag;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A part of Redis that can lose its data by itself: the one server, or a cluster's master. */
final class Node {

    private static final String MARKER = "millrace:marker:";
    private static final Map<String, byte[]> KEYS = new ConcurrentHashMap<>();

    private final String place;
    private final byte[] markerKey;
    private final RedisClusterAsyncCommands<byte[], byte[]> commands;

    private Node(String place, byte[] markerKey, RedisClusterAsyncCommands<byte[], byte[]> commands) {
        this.place = place;
        this.markerKey = markerKey;
        this.commands = commands;
    }

    /** Returns which part: of a cluster by the first slot of a master, so that a replica that takes over is the same. */
    String place() {
        return place;
    }

    /** Returns a key that lies there. */
    byte[] markerKey() {
        return markerKey;
    }

    /** Returns all parts; {@code installation} tells the markers of two that share a Redis apart. */
    static List<Node> all(Link link, String installation) {
        List<Node> nodes = new ArrayList<>();
        if (link.connection() instanceof StatefulRedisClusterConnection<byte[], byte[]> cluster) {
            for (RedisClusterNode node : cluster.getPartitions()) {
                if (node.is(NodeFlag.UPSTREAM) && !node.getSlots().isEmpty()) {
                    int slot = node.getSlots().stream()
                            .mapToInt(Integer::intValue)
                            .min()
                            .orElse(0);
                    nodes.add(new Node(
                            "slot " + slot,
                            keyIn(MARKER + installation, slot),
                            cluster.getConnection(node.getNodeId()).async()));
                }
            }
        } else {
            nodes.add(new Node("redis", (MARKER + installation).getBytes(StandardCharsets.US_ASCII), link.commands()));
        }
        return nodes;
    }

    private static byte[] keyIn(String beginning, int slot) {
        return KEYS.computeIfAbsent(beginning + "/" + slot, wanted -> {
            for (int i = 0; ; i++) {
                byte[] key = (beginning + ":" + i).getBytes(StandardCharsets.US_ASCII);
                if (SlotHash.getSlot(key) == slot) {
                    return key;
                }
            }
        });
    }

    /** Returns what the server says of itself. */
    Map<String, String> info(Link link) throws ExecutionException, InterruptedException, TimeoutException {
        Map<String, String> info = new HashMap<>();
        String text = commands.info().get(link.timeout().toMillis(), TimeUnit.MILLISECONDS);
        text.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                info.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        });
        return info;
    }
}
