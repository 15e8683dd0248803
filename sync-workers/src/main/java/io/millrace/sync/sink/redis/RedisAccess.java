package io.millrace.sync.sink.redis;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.millrace.sync.sink.SinkException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Connections to Redis. One per batch that is being written, since pipelining keeps commands back per connection; made when first
 * needed, so that a Redis that is down at start is no fault of the start. Thread-safe.
 */
final class RedisAccess implements AutoCloseable {

    private final List<RedisURI> uris;
    private final boolean isCluster;
    private final Duration timeout;
    private final @Nullable SslOptions ssl;
    private final Deque<Link> idle = new ArrayDeque<>();
    private @Nullable ClientResources resources;
    private @Nullable AbstractRedisClient client;

    /** Something to do with a connection. */
    interface Work<T> {
        T with(Link link) throws ExecutionException, InterruptedException, TimeoutException;
    }

    /**
     * Says where Redis is; does not connect.
     *
     * @param uris of one Redis, or of some nodes of a cluster
     */
    RedisAccess(List<RedisURI> uris, boolean isCluster, Duration timeout, @Nullable SslOptions ssl) {
        this.uris = uris;
        this.isCluster = isCluster;
        this.timeout = timeout;
        this.ssl = ssl;
        uris.forEach(uri -> uri.setTimeout(timeout));
    }

    /** Returns where Redis is, for messages. */
    String where() {
        return uris.stream().map(uri -> uri.getHost() + ":" + uri.getPort()).collect(Collectors.joining(", "));
    }

    boolean isCluster() {
        return isCluster;
    }

    /**
     * Does something with a connection of its own.
     *
     * @throws SinkException RETRYABLE whatever Redis says against it: LOADING, OOM, NOAUTH, READONLY, MISCONF, CLUSTERDOWN and no
     *     connection may all pass
     */
    <T> T with(Work<T> work) throws SinkException {
        Link link;
        try {
            link = take();
        } catch (RedisException e) {
            throw unavailable(e);
        }
        boolean sound = false;
        try {
            T result = work.with(link);
            sound = true;
            return result;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable(e);
        } catch (ExecutionException e) {
            throw unavailable(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            throw SinkException.retryable("Redis at " + where() + " did not answer within " + timeout, e);
        } catch (RedisException e) {
            throw unavailable(e);
        } finally {
            giveBack(link, sound);
        }
    }

    private SinkException unavailable(Throwable e) {
        Throwable said = e.getMessage() == null || e.getCause() == null ? e : e.getCause();
        return SinkException.retryable(
                "Redis at " + where() + " cannot be written: "
                        + (said.getMessage() == null ? said.toString() : said.getMessage()),
                e);
    }

    private synchronized Link take() {
        Link link = idle.poll();
        while (link != null && !link.connection().isOpen()) {
            link.connection().close();
            link = idle.poll();
        }
        return link == null ? connect() : link;
    }

    /** Takes a connection back; one that failed is closed, so that no late answer meets a new command. */
    private synchronized void giveBack(Link link, boolean sound) {
        if (sound) {
            idle.push(link);
        } else {
            link.connection().close();
        }
    }

    private Link connect() {
        AbstractRedisClient made = client == null ? create() : client;
        client = made;
        if (made instanceof RedisClusterClient cluster) {
            StatefulRedisClusterConnection<byte[], byte[]> connection = cluster.connect(ByteArrayCodec.INSTANCE);
            return new Link(connection, connection.async(), true, timeout);
        }
        StatefulRedisConnection<byte[], byte[]> connection = ((RedisClient) made).connect(ByteArrayCodec.INSTANCE);
        return new Link(connection, connection.async(), false, timeout);
    }

    private AbstractRedisClient create() {
        ClientResources threads = ClientResources.builder()
                .ioThreadPoolSize(2)
                .computationThreadPoolSize(2)
                .reconnectDelay(Delay.constant(Duration.ofMillis(200)))
                .build();
        resources = threads;
        if (isCluster) {
            RedisClusterClient made = RedisClusterClient.create(threads, uris);
            ClusterClientOptions.Builder options = ClusterClientOptions.builder();
            common(options);
            options.topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                    .adaptiveRefreshTriggersTimeout(Duration.ofSeconds(1))
                    .enablePeriodicRefresh(Duration.ofSeconds(10))
                    .build());
            made.setOptions(options.build());
            return made;
        }
        RedisClient made = RedisClient.create(threads, uris.get(0));
        ClientOptions.Builder options = ClientOptions.builder();
        common(options);
        made.setOptions(options.build());
        return made;
    }

    private void common(ClientOptions.Builder options) {
        // delivery waits and tries again: nothing is queued behind its back
        options.autoReconnect(false)
                .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(Duration.ofSeconds(2))
                        .keepAlive(true)
                        .build());
        if (ssl != null) {
            options.sslOptions(ssl);
        }
    }

    @Override
    public synchronized void close() {
        idle.forEach(link -> link.connection().close());
        idle.clear();
        if (client != null) {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
        if (resources != null) {
            var unused = resources.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }
}
