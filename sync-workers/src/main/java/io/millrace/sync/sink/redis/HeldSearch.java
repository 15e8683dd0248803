package io.millrace.sync.sink.redis;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds rows of a table that Redis holds in an older version, or, because somebody else put them there, in none. */
final class HeldSearch {

    private static final Logger log = LoggerFactory.getLogger(HeldSearch.class);
    private static final int SCAN_COUNT = 1000;
    /** Rows are handed on once they are so much text, or one of them is. */
    private static final long PAGE_CHARACTERS = 2 << 20;

    private final RedisAccess redis;

    /** A row and where it stands. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Older(RowKey key, byte[] entry) {}

    /** Where a SCAN is, and what it found last. */
    private record Found(ScanCursor next, List<Older> older) {}

    HeldSearch(RedisAccess redis) {
        this.redis = redis;
    }

    /** Finds them, on all nodes; the table is as the catalog has it, with the source's names. */
    void find(CapturedTable table, long version, boolean withRows, HeldState.Page page)
            throws SinkException, InterruptedException {
        TableEntries entries = TableEntries.unshaped(table);
        ScanArgs pattern = ScanArgs.Builder.limit(SCAN_COUNT).match(Space.entries(entries.prefix()));
        // kept from one connection to the next: a cluster's says which node it is on
        ScanCursor cursor = ScanCursor.INITIAL;
        String before = redis.with(Slots::of);
        while (!cursor.isFinished()) {
            ScanCursor from = cursor;
            Found found = redis.with(link -> {
                KeyScanCursor<byte[]> keys = link.one(all -> all.scan(from, pattern));
                return new Found(keys, older(link, entries, version, keys.getKeys()));
            });
            cursor = found.next();
            if (withRows) {
                handOn(entries, found.older(), page);
            } else if (!found.older().isEmpty()) {
                page.take(found.older().stream()
                        .map(older -> new HeldRow(older.key(), null))
                        .toList());
            }
        }
        redis.with(link -> {
            Slots.requireSame(link, before);
            return true;
        });
    }

    /** Reads rows and hands them on, a page as soon as there is one: nobody knows how large they are. */
    private void handOn(TableEntries entries, List<Older> older, HeldState.Page page)
            throws SinkException, InterruptedException {
        int next = 0;
        while (next < older.size()) {
            List<Older> left = older.subList(next, older.size());
            List<HeldRow> rows = redis.with(link -> rows(link, entries, left));
            next += rows.size();
            page.take(rows);
        }
    }

    /** Returns the first of these rows, as many as make up a page. */
    private static List<HeldRow> rows(Link link, TableEntries entries, List<Older> older)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<HeldRow> rows = new ArrayList<>();
        long characters = 0;
        for (Older one : older) {
            String row = row(link, entries, one.entry());
            rows.add(new HeldRow(one.key(), row));
            characters += row == null ? 0 : row.length();
            if (characters >= PAGE_CHARACTERS) {
                break;
            }
        }
        return rows;
    }

    private static List<Older> older(Link link, TableEntries entries, long version, List<byte[]> keys)
            throws ExecutionException, InterruptedException, TimeoutException {
        if (keys.isEmpty()) {
            return List.of();
        }
        String limit = HexFormat.of().toHexDigits(version);
        List<KeyValue<byte[], byte[]>> versions =
                link.one(all -> all.mget(keys.stream().map(Space.LIVE::mark).toArray(byte[][]::new)));
        List<Older> found = new ArrayList<>(0);
        for (int i = 0; i < keys.size(); i++) {
            KeyValue<byte[], byte[]> held = versions.get(i);
            if (held.hasValue() && text(held.getValue()).compareTo(limit) >= 0) {
                continue;
            }
            byte[] entry = keys.get(i);
            Optional<RowKey> key =
                    entries.encoded(text(entry)).flatMap(encoded -> KeyText.decode(entries.table(), encoded));
            if (key.isEmpty()) {
                log.debug(
                        "A key below {} in Redis is none of {}",
                        entries.prefix(),
                        entries.table().keyColumns());
                continue;
            }
            found.add(new Older(key.get(), entry));
        }
        return found;
    }

    private static @Nullable String row(Link link, TableEntries entries, byte[] key)
            throws ExecutionException, InterruptedException, TimeoutException {
        String type = link.one(all -> all.type(key));
        if ("string".equals(type)) {
            byte[] json = link.one(all -> all.get(key));
            return json == null ? null : text(json);
        }
        if ("hash".equals(type)) {
            Map<byte[], byte[]> fields = link.one(all -> all.hgetall(key));
            return fields.isEmpty() ? null : HashFields.json(fields, entries.table());
        }
        return null;
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
