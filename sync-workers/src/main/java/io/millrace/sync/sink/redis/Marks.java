package io.millrace.sync.sink.redis;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** Finds all entries of a table by their marks, on all nodes. */
final class Marks {

    private static final int SCAN_COUNT = 1000;

    /** Takes the keys of some entries, as readers know them. */
    interface Reader {
        void read(List<byte[]> keys) throws ExecutionException, InterruptedException, TimeoutException;
    }

    private Marks() {}

    /**
     * Finds those of a table's rows, in the form that its keys have now.
     *
     * @throws Slots.MovingException if some may have been passed by, after the others were found
     */
    static void all(Link link, Space space, TableEntries entries, Reader reader)
            throws ExecutionException, InterruptedException, TimeoutException {
        all(link, space, entries.prefix(), keys -> {
            List<byte[]> own = keys.stream()
                    .filter(key -> entries.encoded(new String(key, StandardCharsets.UTF_8))
                            .isPresent())
                    .toList();
            if (!own.isEmpty()) {
                reader.read(own);
            }
        });
    }

    /**
     * Finds those that begin so, whosever they are.
     *
     * @throws Slots.MovingException if some may have been passed by, after the others were found
     */
    static void all(Link link, Space space, String prefix, Reader reader)
            throws ExecutionException, InterruptedException, TimeoutException {
        String before = Slots.of(link);
        scan(link, space, prefix, reader);
        Slots.requireSame(link, before);
    }

    private static void scan(Link link, Space space, String prefix, Reader reader)
            throws ExecutionException, InterruptedException, TimeoutException {
        ScanArgs pattern = ScanArgs.Builder.limit(SCAN_COUNT).match(space.marks(prefix));
        KeyScanCursor<byte[]> cursor = link.one(all -> all.scan(pattern));
        while (true) {
            List<byte[]> keys = cursor.getKeys().stream().map(space::key).toList();
            if (!keys.isEmpty()) {
                reader.read(keys);
            }
            if (cursor.isFinished()) {
                return;
            }
            KeyScanCursor<byte[]> from = cursor;
            cursor = link.one(all -> all.scan(from, pattern));
        }
    }
}
