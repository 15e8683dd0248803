package io.millrace.sync.sink.redis;

import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.catalog.rebuild.StoreMarkers;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Cluster;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Standalone;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RedisSinkProperties.class)
@ConditionalOnProperty(name = "millrace.sinks.redis.enabled", matchIfMissing = true)
class RedisSinkConfiguration {

    @Bean
    RedisAccess syncRedisAccess(DataRedisConnectionDetails details, RedisSinkProperties properties) {
        Cluster cluster = details.getCluster();
        return new RedisAccess(
                uris(details, cluster), cluster != null, properties.commandTimeout(), ssl(details.getSslBundle()));
    }

    @Bean
    RedisSink redisSink(RedisAccess access, RedisSinkProperties properties, StoreMarkers markers, Rebuilds rebuilds) {
        return new RedisSink(access, properties, new CatalogTrust(LossGuard.SINK, markers, rebuilds));
    }

    @Bean
    LossGuard redisLossGuard(
            RedisAccess access,
            RedisSink sink,
            Rebuilds rebuilds,
            StoreMarkers markers,
            PipelineCatalog catalog,
            Offsets offsets,
            RedisSinkProperties properties) {
        return new LossGuard(access, sink, rebuilds, markers, catalog, offsets, properties.guardInterval());
    }

    private static List<RedisURI> uris(DataRedisConnectionDetails details, @Nullable Cluster cluster) {
        if (cluster != null) {
            return cluster.getNodes().stream()
                    .map(node -> uri(details, node.host(), node.port(), 0))
                    .toList();
        }
        Standalone standalone = details.getStandalone();
        if (standalone == null) {
            throw new IllegalStateException(
                    "The Redis sink needs one Redis or a cluster: set spring.data.redis.host and port, url, or"
                            + " cluster.nodes; sentinels are not supported");
        }
        return List.of(uri(details, standalone.getHost(), standalone.getPort(), standalone.getDatabase()));
    }

    private static RedisURI uri(DataRedisConnectionDetails details, String host, int port, int database) {
        RedisURI.Builder uri = RedisURI.builder()
                .withHost(host)
                .withPort(port)
                .withDatabase(database)
                .withSsl(details.getSslBundle() != null);
        String password = details.getPassword();
        String username = details.getUsername();
        if (password != null) {
            return username == null
                    ? uri.withPassword(password.toCharArray()).build()
                    : uri.withAuthentication(username, password.toCharArray()).build();
        }
        return uri.build();
    }

    /** Certificates as {@code spring.ssl.bundle} and {@code spring.data.redis.ssl.bundle} say; the JVM's where they say nothing. */
    private static @Nullable SslOptions ssl(@Nullable SslBundle bundle) {
        if (bundle == null) {
            return null;
        }
        return SslOptions.builder()
                .keyManager(bundle.getManagers().getKeyManagerFactory())
                .trustManager(bundle.getManagers().getTrustManagerFactory())
                .build();
    }
}
