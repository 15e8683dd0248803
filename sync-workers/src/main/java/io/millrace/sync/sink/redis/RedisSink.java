package io.millrace.sync.sink.redis;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.StatefulRedisConnection;
import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.event.Row;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.HeldState;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.SinkKind;
import io.millrace.sync.sink.redis.CompareAndSet.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Keeps each row as a JSON string under {@code <source>:<schema>.<table>:<key>}, and its version beside it. */
final class RedisSink implements Sink, HeldState, AutoCloseable {

    private static final int SCAN_COUNT = 1000;

    private final RedisAccess redis;
    private final CompareAndSet script;
    private final Pipeline pipeline;

    RedisSink(RedisAccess redis, RedisSinkProperties properties) {
        this.redis = redis;
        this.script = new CompareAndSet(properties.tombstoneTtl().toMillis(), properties.keysPerCall());
        this.pipeline = new Pipeline(redis.timeout());
    }

    @Override
    public String name() {
        return "redis";
    }

    @Override
    public String purpose() {
        return "One entry for each row, kept equal to it.";
    }

    @Override
    public SinkKind kind() {
        return SinkKind.STATE;
    }

    private interface Work {
        List<Failure> with(StatefulRedisConnection<byte[], byte[]> connection)
                throws ExecutionException, InterruptedException, TimeoutException;
    }

    @Override
    public List<Failure> write(SinkBatch batch) throws SinkException {
        return connected(connection -> write(connection, batch.changes()));
    }

    private List<Failure> write(StatefulRedisConnection<byte[], byte[]> connection, List<Change> changes)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<Failure> failures = new ArrayList<>(0);
        List<Change> rows = new ArrayList<>(changes.size());
        List<ChangeEvent> truncates = new ArrayList<>(0);
        for (int i = 0; i < changes.size(); i++) {
            ChangeEvent event = changes.get(i).event();
            if (event.operation() == Operation.TRUNCATE) {
                truncates.add(event);
            } else if (event.key() == null) {
                failures.add(new Failure(i, ErrorCategory.REJECTED, "The row has no key: Redis cannot hold it"));
            } else {
                rows.add(changes.get(i));
            }
        }
        List<Write> writes = writes(connection, rows, row -> failures.add(incomplete(changes.indexOf(row))));
        if (!writes.isEmpty()) {
            script.write(connection, writes, pipeline);
        }
        for (ChangeEvent truncate : truncates) {
            truncate(connection, truncate);
        }
        return failures;
    }

    private static Failure incomplete(int index) {
        return new Failure(
                index, ErrorCategory.INCOMPLETE, "The change lacks values, and Redis holds no row that has them");
    }

    private List<Write> writes(
            StatefulRedisConnection<byte[], byte[]> connection, List<Change> rows, Consumer<Change> lacking)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<Write> writes = new ArrayList<>(rows.size());
        List<Change> incomplete = new ArrayList<>(0);
        for (Change row : rows) {
            Row after = row.event().after();
            if (row.isIncomplete()) {
                incomplete.add(row);
            } else {
                writes.add(write(row, after == null || row.isAwaited() ? null : after));
            }
        }
        if (!incomplete.isEmpty()) {
            complete(connection, incomplete, writes, lacking);
        }
        return writes;
    }

    private static Write write(Change row, @Nullable Row value) {
        return new Write(key(row), row.event().rowVersion(), value == null ? null : value.toBytes());
    }

    private static byte[] key(Change row) {
        RowKey key = Objects.requireNonNull(row.event().key());
        return RowKeys.of(row.event(), key);
    }

    /** Takes values that PostgreSQL did not send from what Redis holds. */
    private void complete(
            StatefulRedisConnection<byte[], byte[]> connection,
            List<Change> incomplete,
            List<Write> writes,
            Consumer<Change> lacking)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<KeyValue<byte[], byte[]>> held =
                held(connection, incomplete.stream().map(RedisSink::key).toList());
        for (int i = 0; i < held.size(); i++) {
            Change change = incomplete.get(i);
            Set<String> missing = change.event().unavailable();
            Row after = Objects.requireNonNull(change.event().after());
            Row known = held.get(i).hasValue() ? row(held.get(i).getValue()) : null;
            if (known != null && known.columns().keySet().containsAll(missing)) {
                writes.add(write(change, after.withValuesFrom(known, missing)));
            } else {
                lacking.accept(change);
            }
        }
    }

    private List<KeyValue<byte[], byte[]>> held(StatefulRedisConnection<byte[], byte[]> connection, List<byte[]> keys)
            throws ExecutionException, InterruptedException, TimeoutException {
        return pipeline.one(connection, commands -> commands.mget(keys.toArray(byte[][]::new)));
    }

    private static Row row(byte[] json) {
        return new Row(json, 0, json.length);
    }

    /** Deletes every row of the table whose version is older. Each keeps a tombstone, so a replay of older changes changes nothing. */
    private void truncate(StatefulRedisConnection<byte[], byte[]> connection, ChangeEvent truncate)
            throws ExecutionException, InterruptedException, TimeoutException {
        ScanArgs pattern =
                ScanArgs.Builder.limit(SCAN_COUNT).match(RowKeys.versionPattern(truncate.source(), truncate.table()));
        ScanCursor cursor = ScanCursor.INITIAL;
        while (!cursor.isFinished()) {
            ScanCursor from = cursor;
            KeyScanCursor<byte[]> found = pipeline.one(connection, commands -> commands.scan(from, pattern));
            List<Write> deletes = found.getKeys().stream()
                    .map(key -> new Write(RowKeys.ofVersion(key), truncate.rowVersion(), null))
                    .toList();
            if (!deletes.isEmpty()) {
                script.write(connection, deletes, pipeline);
            }
            cursor = found;
        }
    }

    @Override
    public void olderThan(CapturedTable table, long version, boolean withRows, Page page)
            throws SinkException, InterruptedException {
        new HeldSearch(redis, pipeline).find(table, version, withRows, page, this::unavailable);
    }

    @Override
    public void check() throws SinkException {
        connected(connection -> {
            pipeline.one(connection, commands -> commands.ping());
            return List.of();
        });
    }

    private List<Failure> connected(Work work) throws SinkException {
        StatefulRedisConnection<byte[], byte[]> connection;
        try {
            connection = redis.take();
        } catch (RedisException e) {
            throw unavailable(e);
        }
        boolean sound = false;
        try {
            List<Failure> failures = work.with(connection);
            sound = true;
            return failures;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable(e);
        } catch (ExecutionException e) {
            throw unavailable(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            throw SinkException.retryable("Redis at " + redis.where() + " did not answer within " + redis.timeout(), e);
        } catch (RedisException e) {
            throw unavailable(e);
        } finally {
            redis.giveBack(connection, sound);
        }
    }

    /** Whatever Redis says against a whole call (LOADING, OOM, NOAUTH, READONLY, MISCONF, no connection) may pass. */
    private SinkException unavailable(Throwable e) {
        Throwable said = e.getMessage() == null || e.getCause() == null ? e : e.getCause();
        return SinkException.retryable(
                "Redis at " + redis.where() + " cannot be written: "
                        + (said.getMessage() == null ? said.toString() : said.getMessage()),
                e);
    }

    @Override
    public void close() {
        redis.close();
    }
}
