package io.millrace.sync.sink.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Connections to Redis. One per batch that is being written, since pipelining keeps commands back per connection; made when first
 * needed, so that a Redis that is down at start is no fault of the start.
 */
final class RedisAccess implements AutoCloseable {

    private final RedisURI uri;
    private final Deque<StatefulRedisConnection<byte[], byte[]>> idle = new ArrayDeque<>();
    private @Nullable ClientResources resources;
    private @Nullable RedisClient client;

    RedisAccess(RedisURI uri, Duration timeout) {
        this.uri = uri;
        uri.setTimeout(timeout);
    }

    Duration timeout() {
        return uri.getTimeout();
    }

    /** Returns where Redis is, for messages. */
    String where() {
        return uri.getHost() + ":" + uri.getPort();
    }

    synchronized StatefulRedisConnection<byte[], byte[]> take() {
        StatefulRedisConnection<byte[], byte[]> connection = idle.poll();
        while (connection != null && !connection.isOpen()) {
            connection.close();
            connection = idle.poll();
        }
        return connection == null ? client().connect(ByteArrayCodec.INSTANCE) : connection;
    }

    /** Takes a connection back; one that failed is closed, so that no late answer meets a new command. */
    synchronized void giveBack(StatefulRedisConnection<byte[], byte[]> connection, boolean sound) {
        if (sound) {
            idle.push(connection);
        } else {
            connection.close();
        }
    }

    private RedisClient client() {
        RedisClient made = client;
        if (made == null) {
            resources = ClientResources.builder()
                    .ioThreadPoolSize(2)
                    .computationThreadPoolSize(2)
                    .reconnectDelay(Delay.constant(Duration.ofMillis(200)))
                    .build();
            made = RedisClient.create(resources, uri);
            made.setOptions(ClientOptions.builder()
                    // delivery waits and tries again: nothing is queued behind its back
                    .autoReconnect(false)
                    .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
                    .socketOptions(SocketOptions.builder()
                            .connectTimeout(Duration.ofSeconds(2))
                            .keepAlive(true)
                            .build())
                    .build());
            client = made;
        }
        return made;
    }

    @Override
    public synchronized void close() {
        idle.forEach(StatefulRedisConnection::close);
        idle.clear();
        if (client != null) {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
        if (resources != null) {
            var unused = resources.shutdown(0, 2, java.util.concurrent.TimeUnit.SECONDS);
        }
    }
}
