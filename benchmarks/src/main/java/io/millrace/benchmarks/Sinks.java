package io.millrace.benchmarks;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.millrace.event.RowKey;
import io.millrace.event.TableId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the three sinks as their users do: Elasticsearch by HTTP, Redis by GET, the history by SQL. Not thread-safe per sink. */
final class Sinks implements AutoCloseable {

    private static final Pattern VALUE = Pattern.compile("\"value\" ?: ?(\\d+)");
    private static final Pattern COUNT = Pattern.compile("\"count\" ?: ?(\\d+)");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final RedisClient redis = RedisClient.create("redis://localhost:" + BenchProcess.REDIS);
    private final StatefulRedisConnection<String, String> redisConnection = redis.connect();
    private final Connection platform;
    private final PreparedStatement ofRow;

    Sinks() throws SQLException {
        platform = BenchProcess.connect("millrace");
        // by the index of a row's own history, as the history's page finds it
        ofRow = platform.prepareStatement("""
                SELECT EXISTS (SELECT FROM millrace.change_log
                               WHERE key_hash = ? AND table_name = ? AND after ->> 'value' = ?)
                """);
    }

    /** Whether the document, read by its id, holds this value or a later one. */
    boolean elasticsearchHolds(String table, long id, long value) throws IOException, InterruptedException {
        String body = get("/shop.public." + table + "/_doc/" + id);
        return holds(body, value);
    }

    boolean redisHolds(String table, long id, long value) {
        String row = redisConnection.sync().get("shop:public." + table + ":" + id);
        return row != null && holds(row, value);
    }

    boolean auditHolds(String table, long id, long value) throws SQLException {
        ofRow.setLong(1, new RowKey("{\"id\":" + id + "}").hash("shop", new TableId("public", table)));
        ofRow.setString(2, table);
        ofRow.setString(3, Long.toString(value));
        try (ResultSet row = ofRow.executeQuery()) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static boolean holds(String json, long value) {
        Matcher matcher = VALUE.matcher(json);
        return matcher.find() && Long.parseLong(matcher.group(1)) >= value;
    }

    long elasticsearchCount(String table) throws IOException, InterruptedException {
        get("/shop.public." + table + "/_refresh");
        Matcher matcher = COUNT.matcher(get("/shop.public." + table + "/_count"));
        return matcher.find() ? Long.parseLong(matcher.group(1)) : -1;
    }

    long redisCount(String table) {
        RedisCommands<String, String> commands = redisConnection.sync();
        ScanArgs page = ScanArgs.Builder.limit(10_000).match("shop:public." + table + ":*");
        long count = 0;
        KeyScanCursor<String> cursor = commands.scan(page);
        count += cursor.getKeys().size();
        while (!cursor.isFinished()) {
            cursor = commands.scan(cursor, page);
            count += cursor.getKeys().size();
        }
        return count;
    }

    long auditCount(String table) throws SQLException {
        try (PreparedStatement count =
                platform.prepareStatement("SELECT count(*) FROM millrace.change_history WHERE table_name = ?")) {
            count.setString(1, table);
            try (ResultSet row = count.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private String get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://localhost:" + BenchProcess.ELASTICSEARCH + path))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    @Override
    public void close() throws SQLException {
        redisConnection.close();
        redis.shutdown();
        platform.close();
    }
}
