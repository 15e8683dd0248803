package io.millrace.sync.sink.redis;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * A connection to one Redis, or to all nodes of a cluster, for one batch at a time. Sends commands together and waits for their
 * answers.
 *
 * @param isCluster whether the keys of one call must share a slot
 */
record Link(
        StatefulConnection<byte[], byte[]> connection,
        RedisClusterAsyncCommands<byte[], byte[]> commands,
        boolean isCluster,
        Duration timeout) {

    /** A call of a script: its keys, all of one slot, and its arguments. */
    record Call(List<byte[]> keys, List<byte[]> arguments) {}

    <T> T one(Function<RedisClusterAsyncCommands<byte[], byte[]>, RedisFuture<T>> command)
            throws ExecutionException, InterruptedException, TimeoutException {
        return command.apply(commands).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Sends commands together and returns their answers, in order. */
    <T> List<T> all(Function<RedisClusterAsyncCommands<byte[], byte[]>, List<? extends Future<T>>> wanted)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<? extends Future<T>> sent;
        connection.setAutoFlushCommands(false);
        try {
            sent = wanted.apply(commands);
            connection.flushCommands();
        } finally {
            connection.setAutoFlushCommands(true);
        }
        List<T> answers = new ArrayList<>(sent.size());
        for (Future<T> future : sent) {
            answers.add(future.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
        }
        return answers;
    }

    /** Calls a script many times in one round trip per node. Calls may be repeated where Redis did not know the script. */
    <T> List<T> call(Script script, ScriptOutputType type, List<Call> calls)
            throws ExecutionException, InterruptedException, TimeoutException {
        if (calls.isEmpty()) {
            return List.of();
        }
        try {
            return send(script, type, calls);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RedisNoScriptException) {
                // Redis was restarted, its scripts flushed, or another node answers now
                one(all -> all.scriptLoad(script.text()));
                return send(script, type, calls);
            }
            throw e;
        }
    }

    private <T> List<T> send(Script script, ScriptOutputType type, List<Call> calls)
            throws ExecutionException, InterruptedException, TimeoutException {
        return all(commands -> calls.stream()
                .<RedisFuture<T>>map(call -> commands.evalsha(
                        script.digest(),
                        type,
                        call.keys().toArray(byte[][]::new),
                        call.arguments().toArray(byte[][]::new)))
                .toList());
    }

    /** Returns which keys may be part of one call: those with the same number. */
    int group(byte[] key) {
        return isCluster ? SlotHash.getSlot(key) : 0;
    }
}
