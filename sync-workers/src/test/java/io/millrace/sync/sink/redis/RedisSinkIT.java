package io.millrace.sync.sink.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.millrace.catalog.CapturedTable;
import io.millrace.event.BeforeCompleteness;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import io.millrace.localstack.Service;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkContractTests;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RedisSinkIT extends SinkContractTests {

    private RedisAccess access;
    private RedisSink sink;

    @BeforeAll
    void connect() {
        access = new RedisAccess(RedisURI.create("localhost", stack().redisPort()), Duration.ofSeconds(5));
        sink = new RedisSink(access, new RedisSinkProperties(Duration.ofHours(24), 256, Duration.ofSeconds(5)));
    }

    @AfterAll
    void disconnect() {
        sink.close();
    }

    @Override
    protected Sink sink() {
        return sink;
    }

    @Override
    protected Optional<String> row(CapturedTable table, RowKey key) {
        return get("shop:public." + table.table().table() + ":" + key.encoded());
    }

    private Optional<String> get(String key) {
        StatefulRedisConnection<byte[], byte[]> connection = access.take();
        try {
            return Optional.ofNullable(connection.sync().get(key.getBytes(StandardCharsets.UTF_8)))
                    .map(value -> new String(value, StandardCharsets.UTF_8));
        } finally {
            access.giveBack(connection, true);
        }
    }

    /** Redis takes any value; what it cannot have is a row without a key. */
    @Override
    protected ChangeEvent poison(CapturedTable table, TestEvents events) {
        ChangeEvent event = events.create(key(9), item(9, "no key"));
        return new ChangeEvent(
                event.source(),
                event.table(),
                event.position(),
                event.lsn(),
                event.operation(),
                null,
                null,
                BeforeCompleteness.NONE,
                event.after(),
                Set.of(),
                event.transaction(),
                event.capturedAt(),
                1);
    }

    @Override
    protected Service service() {
        return Service.REDIS;
    }

    @Test
    void versionOfALiveRowDoesNotExpireAndThatOfADeletedOneDoes() throws Exception {
        write(events.create(key(1), item(1, "a")), events.create(key(2), item(2, "b")));
        write(events.delete(key(2)));
        String prefix = "shop:public." + table.table().table() + ":";
        StatefulRedisConnection<byte[], byte[]> connection = access.take();
        try {
            assertThat(connection.sync().ttl(RowKeys.version((prefix + "1").getBytes(StandardCharsets.UTF_8))))
                    .isEqualTo(-1);
            assertThat(connection.sync().ttl(RowKeys.version((prefix + "2").getBytes(StandardCharsets.UTF_8))))
                    .isBetween(86_000L, 86_400L);
        } finally {
            access.giveBack(connection, true);
        }
    }
}
