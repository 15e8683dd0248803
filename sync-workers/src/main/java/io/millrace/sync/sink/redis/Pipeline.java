package io.millrace.sync.sink.redis;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** Sends commands together and waits for their answers. */
record Pipeline(Duration timeout) {

    <T> T one(
            StatefulRedisConnection<byte[], byte[]> connection,
            Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<T>> command)
            throws ExecutionException, InterruptedException, TimeoutException {
        return command.apply(connection.async()).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    <T> List<T> all(
            StatefulRedisConnection<byte[], byte[]> connection,
            Function<RedisAsyncCommands<byte[], byte[]>, List<RedisFuture<T>>> commands)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<RedisFuture<T>> sent;
        connection.setAutoFlushCommands(false);
        try {
            sent = commands.apply(connection.async());
            connection.flushCommands();
        } finally {
            connection.setAutoFlushCommands(true);
        }
        List<T> answers = new ArrayList<>(sent.size());
        for (RedisFuture<T> future : sent) {
            answers.add(future.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
        }
        return answers;
    }
}
