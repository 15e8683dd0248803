package io.millrace.sync.sink.redis;

import io.lettuce.core.ScriptOutputType;
import io.millrace.sync.sink.redis.Link.Call;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * Brings lost entries back. They are put together out of readers' sight, since a topic tells old states before new ones, and then
 * shown one by one where nothing newer stands meanwhile.
 */
final class EntryReturn {

    private final byte[] tombstone;

    EntryReturn(byte[] tombstone) {
        this.tombstone = tombstone;
    }

    void reveal(Link link, TableEntries entries) throws ExecutionException, InterruptedException, TimeoutException {
        byte[] truncated = Truncation.newest(link, entries.table());
        Marks.all(link, Space.SHADOW, entries, keys -> {
            List<Call> calls = new ArrayList<>(keys.size());
            for (byte[] key : keys) {
                calls.add(new Call(
                        List.of(
                                Space.LIVE.row(key),
                                Space.LIVE.mark(key),
                                Space.SHADOW.row(key),
                                Space.SHADOW.mark(key)),
                        List.of(tombstone, truncated)));
            }
            link.<Long>call(Script.REVEAL, ScriptOutputType.INTEGER, calls);
        });
    }

    /** Removes what was put together out of readers' sight. */
    static void removeShadow(Link link, TableEntries entries)
            throws ExecutionException, InterruptedException, TimeoutException {
        Marks.all(link, Space.SHADOW, entries, keys -> remove(link, Space.SHADOW, keys));
    }

    /** Removes what readers see under keys that begin so, except for keys that the table's present template makes. */
    static void removeFormer(Link link, String prefix, TableEntries present)
            throws ExecutionException, InterruptedException, TimeoutException {
        Marks.all(
                link,
                Space.LIVE,
                prefix,
                keys -> remove(
                        link,
                        Space.LIVE,
                        keys.stream()
                                .filter(key -> present.encoded(new String(key, StandardCharsets.UTF_8))
                                        .isEmpty())
                                .toList()));
    }

    private static void remove(Link link, Space space, List<byte[]> keys)
            throws ExecutionException, InterruptedException, TimeoutException {
        if (keys.isEmpty()) {
            return;
        }
        List<byte[]> all = new ArrayList<>(keys.size() * 2);
        keys.forEach(key -> {
            all.add(space.row(key));
            all.add(space.mark(key));
        });
        link.one(commands -> commands.unlink(all.toArray(byte[][]::new)));
    }
}
