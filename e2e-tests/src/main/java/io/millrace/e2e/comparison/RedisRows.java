package io.millrace.e2e.comparison;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.millrace.event.TableId;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** The entries of a table, kept as JSON strings. */
public final class RedisRows implements RowStore {

    private static final int PAGE = 1_000;

    private final URI server;

    public RedisRows(URI server) {
        this.server = server;
    }

    @Override
    public String name() {
        return "redis";
    }

    @Override
    public void rows(String source, TableId table, Consumer<StoredRow> reader) {
        String prefix = source + ":" + table.schema() + "." + table.table() + ":";
        RedisClient client = RedisClient.create(RedisURI.create(server));
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            ScanArgs match = ScanArgs.Builder.matches(prefix.replaceAll("([*?\\[\\]\\\\])", "\\\\$1") + "*")
                    .limit(PAGE);
            // SCAN may return a key more than once
            SeenKeys seen = new SeenKeys();
            KeyScanCursor<String> cursor = connection.sync().scan(match);
            while (true) {
                List<String> fresh = cursor.getKeys().stream().filter(seen::add).toList();
                if (!fresh.isEmpty()) {
                    connection.sync().mget(fresh.toArray(String[]::new)).stream()
                            .filter(KeyValue::hasValue)
                            .forEach(entry -> reader.accept(new StoredRow(entry.getValue(), Set.of())));
                }
                if (cursor.isFinished()) {
                    return;
                }
                cursor = connection.sync().scan(cursor, match);
            }
        } finally {
            client.shutdown();
        }
    }
}
