package io.millrace.sync.sink.redis;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The script that writes rows only where they are newer, many at a call.
 *
 * <p>Versions are 16 hexadecimal digits and compared as text: Lua's numbers are doubles and would blur the low bits of an LSN.
 */
final class CompareAndSet {

    /** KEYS: row, version, row, version ... ARGV: TTL of a tombstone in ms, then per row its version and its value, '' to delete. */
    private static final byte[] SCRIPT = """
            local applied = {}
            for i = 1, #KEYS, 2 do
              local version, value = ARGV[i + 1], ARGV[i + 2]
              local held = redis.call('GET', KEYS[i + 1])
              if not held or held < version then
                if value == '' then
                  redis.call('DEL', KEYS[i])
                  redis.call('SET', KEYS[i + 1], version, 'PX', ARGV[1])
                else
                  redis.call('SET', KEYS[i], value)
                  redis.call('SET', KEYS[i + 1], version)
                end
                applied[#applied + 1] = 1
              else
                applied[#applied + 1] = 0
              end
            end
            return applied
            """.getBytes(StandardCharsets.UTF_8);

    private static final byte[] DELETE = new byte[0];
    private static final HexFormat HEX = HexFormat.of();

    /** One row to write; no value means to delete it. */
    static final class Write {

        private final byte[] key;
        private final long version;
        private final byte @Nullable [] value;

        Write(byte[] key, long version, byte @Nullable [] value) {
            this.key = key;
            this.version = version;
            this.value = value;
        }

        byte[] key() {
            return key;
        }

        long version() {
            return version;
        }

        byte @Nullable [] value() {
            return value;
        }
    }

    private final byte[] tombstoneMillis;
    private final int keysPerCall;
    private volatile @Nullable String digest;

    CompareAndSet(long tombstoneMillis, int keysPerCall) {
        this.tombstoneMillis = Long.toString(tombstoneMillis).getBytes(StandardCharsets.US_ASCII);
        this.keysPerCall = keysPerCall;
    }

    /** Sends all calls, then waits for all answers; false where Redis held the row in this version or a newer one. */
    List<Boolean> write(StatefulRedisConnection<byte[], byte[]> connection, List<Write> writes, Pipeline pipeline)
            throws ExecutionException, InterruptedException, java.util.concurrent.TimeoutException {
        String known = digest;
        if (known == null) {
            known = load(connection, pipeline);
        }
        try {
            return send(connection, known, writes, pipeline);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RedisNoScriptException) {
                // Redis was restarted, or its scripts flushed
                return send(connection, load(connection, pipeline), writes, pipeline);
            }
            throw e;
        }
    }

    private String load(StatefulRedisConnection<byte[], byte[]> connection, Pipeline pipeline)
            throws ExecutionException, InterruptedException, java.util.concurrent.TimeoutException {
        String loaded = pipeline.one(connection, commands -> commands.scriptLoad(SCRIPT));
        digest = loaded;
        return loaded;
    }

    private List<Boolean> send(
            StatefulRedisConnection<byte[], byte[]> connection, String script, List<Write> writes, Pipeline pipeline)
            throws ExecutionException, InterruptedException, java.util.concurrent.TimeoutException {
        List<List<Object>> answers = pipeline.all(connection, commands -> {
            List<RedisFuture<List<Object>>> calls = new ArrayList<>();
            for (int from = 0; from < writes.size(); from += keysPerCall) {
                calls.add(call(commands, script, writes.subList(from, Math.min(writes.size(), from + keysPerCall))));
            }
            return calls;
        });
        List<Boolean> applied = new ArrayList<>(writes.size());
        for (List<Object> answer : answers) {
            answer.forEach(one -> applied.add(one instanceof Long number && number == 1));
        }
        return applied;
    }

    private RedisFuture<List<Object>> call(
            RedisAsyncCommands<byte[], byte[]> commands, String script, List<Write> writes) {
        byte[][] keys = new byte[writes.size() * 2][];
        byte[][] arguments = new byte[writes.size() * 2 + 1][];
        arguments[0] = tombstoneMillis;
        for (int i = 0; i < writes.size(); i++) {
            Write write = writes.get(i);
            keys[2 * i] = write.key();
            keys[2 * i + 1] = RowKeys.version(write.key());
            arguments[2 * i + 1] = HEX.toHexDigits(write.version()).getBytes(StandardCharsets.US_ASCII);
            byte[] value = write.value();
            arguments[2 * i + 2] = value == null ? DELETE : value;
        }
        return commands.evalsha(script, ScriptOutputType.MULTI, keys, arguments);
    }
}
