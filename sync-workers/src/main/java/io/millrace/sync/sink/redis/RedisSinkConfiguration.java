package io.millrace.sync.sink.redis;

import io.lettuce.core.RedisURI;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Standalone;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RedisSinkProperties.class)
class RedisSinkConfiguration {

    @Bean
    @ConditionalOnProperty(name = "millrace.sinks.redis.enabled", matchIfMissing = true)
    RedisSink redisSink(DataRedisConnectionDetails details, RedisSinkProperties properties) {
        return new RedisSink(new RedisAccess(uri(details), properties.commandTimeout()), properties);
    }

    private static RedisURI uri(DataRedisConnectionDetails details) {
        Standalone standalone = details.getStandalone();
        if (standalone == null) {
            throw new IllegalStateException(
                    "The Redis sink needs one Redis: set spring.data.redis.host and port, or url;"
                            + " clusters and sentinels are not supported yet");
        }
        RedisURI.Builder uri = RedisURI.builder()
                .withHost(standalone.getHost())
                .withPort(standalone.getPort())
                .withDatabase(standalone.getDatabase())
                .withSsl(details.getSslBundle() != null);
        String password = details.getPassword();
        if (password != null) {
            String username = details.getUsername();
            return authenticated(uri, username, password).build();
        }
        return uri.build();
    }

    private static RedisURI.Builder authenticated(RedisURI.Builder uri, @Nullable String username, String password) {
        return username == null
                ? uri.withPassword(password.toCharArray())
                : uri.withAuthentication(username, password.toCharArray());
    }
}
