package io.millrace.sync.sink.redis;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.StatefulRedisConnection;
import io.millrace.catalog.CapturedTable;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.HeldState;
import io.millrace.sync.sink.HeldState.HeldRow;
import io.millrace.sync.sink.KeyText;
import io.millrace.sync.sink.SinkException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds rows of a table that Redis holds in an older version, or, because somebody else put them there, in none. */
final class HeldSearch {

    private static final Logger log = LoggerFactory.getLogger(HeldSearch.class);
    private static final int SCAN_COUNT = 1000;

    private final RedisAccess redis;
    private final Pipeline pipeline;

    HeldSearch(RedisAccess redis, Pipeline pipeline) {
        this.redis = redis;
        this.pipeline = pipeline;
    }

    void find(
            CapturedTable table,
            long version,
            boolean withRows,
            HeldState.Page page,
            Function<Throwable, SinkException> fault)
            throws SinkException, InterruptedException {
        String prefix = RowKeys.prefix(table.source(), table.table());
        ScanArgs pattern = ScanArgs.Builder.limit(SCAN_COUNT).match(prefix + "*");
        ScanCursor cursor = ScanCursor.INITIAL;
        while (!cursor.isFinished()) {
            ScanCursor from = cursor;
            boolean sound = false;
            StatefulRedisConnection<byte[], byte[]> connection = take(fault);
            List<HeldRow> rows;
            try {
                KeyScanCursor<byte[]> found = pipeline.one(connection, commands -> commands.scan(from, pattern));
                rows = older(connection, table, prefix, version, found.getKeys(), withRows);
                cursor = found;
                sound = true;
            } catch (ExecutionException e) {
                throw fault.apply(e.getCause() == null ? e : e.getCause());
            } catch (TimeoutException | RedisException e) {
                throw fault.apply(e);
            } finally {
                redis.giveBack(connection, sound);
            }
            if (!rows.isEmpty()) {
                page.take(rows);
            }
        }
    }

    private StatefulRedisConnection<byte[], byte[]> take(Function<Throwable, SinkException> fault)
            throws SinkException {
        try {
            return redis.take();
        } catch (RedisException e) {
            throw fault.apply(e);
        }
    }

    private List<HeldRow> older(
            StatefulRedisConnection<byte[], byte[]> connection,
            CapturedTable table,
            String prefix,
            long version,
            List<byte[]> keys,
            boolean withRows)
            throws ExecutionException, InterruptedException, TimeoutException {
        if (keys.isEmpty()) {
            return List.of();
        }
        String limit = HexFormat.of().toHexDigits(version);
        List<KeyValue<byte[], byte[]>> versions =
                values(connection, keys.stream().map(RowKeys::version).toList());
        List<byte[]> older = new ArrayList<>(0);
        for (int i = 0; i < keys.size(); i++) {
            KeyValue<byte[], byte[]> held = versions.get(i);
            if (!held.hasValue() || text(held.getValue()).compareTo(limit) < 0) {
                older.add(keys.get(i));
            }
        }
        List<KeyValue<byte[], byte[]>> rows = withRows && !older.isEmpty() ? values(connection, older) : List.of();
        List<HeldRow> found = new ArrayList<>(older.size());
        for (int i = 0; i < older.size(); i++) {
            Optional<RowKey> key = KeyText.decode(table, text(older.get(i)).substring(prefix.length()));
            String row = withRows && rows.get(i).hasValue() ? text(rows.get(i).getValue()) : null;
            key.ifPresentOrElse(
                    one -> found.add(new HeldRow(one, row)),
                    () -> log.warn("A key below {} in Redis is no key of the table; it is left alone", prefix));
        }
        return found;
    }

    private List<KeyValue<byte[], byte[]>> values(StatefulRedisConnection<byte[], byte[]> connection, List<byte[]> keys)
            throws ExecutionException, InterruptedException, TimeoutException {
        return pipeline.one(connection, commands -> commands.mget(keys.toArray(byte[][]::new)));
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
