package io.millrace.sync.sink.redis;

import io.lettuce.core.ScriptOutputType;
import io.millrace.catalog.CapturedTable;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.redis.Link.Call;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * Deletes every row of a table that is older than a TRUNCATE. Each keeps a tombstone, so a replay of older changes changes nothing. What
 * is not there keeps none, and may be on its way back: so the table keeps the version too, for what is shown later.
 */
final class Truncation {

    private final EntryWriter writer;

    Truncation(EntryWriter writer) {
        this.writer = writer;
    }

    /**
     * Deletes what readers see and what is being brought back, wherever the TRUNCATE was found. In this order: what is shown before the
     * second scan begins, it finds in the third step, and what is put together behind that scan is shown by who knows the version.
     */
    void apply(Link link, Change truncate, TableEntries entries)
            throws ExecutionException, InterruptedException, TimeoutException {
        link.<Long>call(
                Script.RAISE,
                ScriptOutputType.INTEGER,
                List.of(new Call(
                        List.of(key(truncate.table())),
                        List.of(EntryCalls.version(truncate.event()), writer.tombstone()))));
        for (Space space : List.of(Space.SHADOW, Space.LIVE)) {
            Marks.all(
                    link,
                    space,
                    entries,
                    keys -> writer.write(
                            link,
                            keys.stream()
                                    .map(key -> new Write(0, entries, truncate.event(), key, null))
                                    .toList(),
                            space,
                            Trust.Known.ANYTHING.runs()));
        }
    }

    /** Returns the version of the newest TRUNCATE of a table, in the form of marks; empty, which is older than any, if none is known. */
    static byte[] newest(Link link, CapturedTable table)
            throws ExecutionException, InterruptedException, TimeoutException {
        byte[] version = link.one(all -> all.get(key(table)));
        return version == null ? new byte[0] : version;
    }

    private static byte[] key(CapturedTable table) {
        return ("millrace:t:" + table.topic()).getBytes(StandardCharsets.UTF_8);
    }
}
