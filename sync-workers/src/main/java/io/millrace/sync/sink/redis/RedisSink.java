package io.millrace.sync.sink.redis;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.StatefulRedisConnection;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.event.Row;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.LateRead;
import io.millrace.sync.sink.ShapeNotes;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.SinkKind;
import io.millrace.sync.sink.redis.CompareAndSet.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** Keeps each row as a JSON string under {@code <source>:<schema>.<table>:<key>}, and its version beside it. */
final class RedisSink implements Sink, AutoCloseable {

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
        for (Change row : withheld(connection, rows)) {
            rows.remove(row);
            failures.add(new Failure(changes.indexOf(row), ErrorCategory.REJECTED, ShapeNotes.INCOMPLETE));
        }
        List<Write> writes = writes(connection, rows);
        List<Boolean> applied = writes.isEmpty() ? List.of() : script.write(connection, writes, pipeline);
        completeFromReads(connection, rows, writes, applied);
        for (ChangeEvent truncate : truncates) {
            truncate(connection, truncate);
        }
        return failures;
    }

    /** Returns rows that lack large values and that Redis does not hold because a filter kept them away. */
    private List<Change> withheld(StatefulRedisConnection<byte[], byte[]> connection, List<Change> rows)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<Change> incomplete = rows.stream()
                .filter(row ->
                        row.notes().filtered() && !row.event().unavailable().isEmpty())
                .toList();
        if (incomplete.isEmpty()) {
            return List.of();
        }
        List<byte[]> keys = new ArrayList<>(incomplete.size());
        for (Change row : incomplete) {
            RowKey key = row.event().key();
            if (key != null) {
                keys.add(RowKeys.of(row.event(), key));
            }
        }
        List<KeyValue<byte[], byte[]>> held = held(connection, keys);
        List<Change> missing = new ArrayList<>(0);
        for (int i = 0; i < incomplete.size(); i++) {
            if (!held.get(i).hasValue()) {
                missing.add(incomplete.get(i));
            }
        }
        return missing;
    }

    private List<Write> writes(StatefulRedisConnection<byte[], byte[]> connection, List<Change> rows)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<Write> writes = new ArrayList<>(rows.size());
        List<Integer> incomplete = new ArrayList<>(0);
        for (Change row : rows) {
            ChangeEvent event = row.event();
            RowKey key = event.key();
            if (key == null) {
                continue;
            }
            Row after = event.after();
            if (after != null && !event.unavailable().isEmpty()) {
                incomplete.add(writes.size());
            }
            writes.add(new Write(RowKeys.of(event, key), event.rowVersion(), after == null ? null : after.toBytes()));
        }
        if (!incomplete.isEmpty()) {
            fill(connection, rows, writes, incomplete);
        }
        return writes;
    }

    /** Takes values that PostgreSQL did not send from what Redis holds; where it holds nothing, they are left out. */
    private void fill(
            StatefulRedisConnection<byte[], byte[]> connection,
            List<Change> rows,
            List<Write> writes,
            List<Integer> incomplete)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<KeyValue<byte[], byte[]>> held = held(
                connection, incomplete.stream().map(i -> writes.get(i).key()).toList());
        for (int i = 0; i < incomplete.size(); i++) {
            int index = incomplete.get(i);
            ChangeEvent event = rows.get(index).event();
            Row after = event.after();
            if (after != null) {
                Row whole = held.get(i).hasValue()
                        ? after.withValuesFrom(row(held.get(i).getValue()), event.unavailable())
                        : after.without(event.unavailable());
                Write write = writes.get(index);
                writes.set(index, new Write(write.key(), write.version(), whole.toBytes()));
            }
        }
    }

    /** Snapshot reads that Redis refused as stale may hold columns that its newer row lacks; the row's version stays. */
    private void completeFromReads(
            StatefulRedisConnection<byte[], byte[]> connection,
            List<Change> rows,
            List<Write> writes,
            List<Boolean> applied)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<Integer> late = new ArrayList<>(0);
        List<byte[]> keys = new ArrayList<>(0);
        for (int i = 0; i < applied.size(); i++) {
            if (!applied.get(i) && rows.get(i).event().operation() == Operation.READ) {
                late.add(i);
                keys.add(writes.get(i).key());
                keys.add(RowKeys.version(writes.get(i).key()));
            }
        }
        if (late.isEmpty()) {
            return;
        }
        List<KeyValue<byte[], byte[]>> held = held(connection, keys);
        for (int i = 0; i < late.size(); i++) {
            KeyValue<byte[], byte[]> value = held.get(2 * i);
            KeyValue<byte[], byte[]> version = held.get(2 * i + 1);
            if (value.hasValue() && version.hasValue()) {
                Optional<Row> whole = LateRead.complete(row(value.getValue()), rows.get(late.get(i)));
                if (whole.isPresent()) {
                    script.replace(
                            connection,
                            value.getKey(),
                            version.getValue(),
                            whole.get().toBytes(),
                            pipeline);
                }
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
