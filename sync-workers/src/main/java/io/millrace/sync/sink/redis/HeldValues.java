package io.millrace.sync.sink.redis;

import io.lettuce.core.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * Reads strings that Redis holds, some at a time: a batch of small changes may stand for rows of megabytes each. Redis knows how large they
 * are and is asked before.
 */
final class HeldValues {

    private static final long BYTES = 2 << 20;
    /** The server puts one answer together for all of them. */
    private static final int MOST = 256;

    private static final byte[] NONE = {};

    private final Link link;
    private final Space space;

    /** Takes some entries. */
    interface Reader {

        /** Takes the value of each of these entries; empty where there is none, or another kind of value. */
        void read(List<Write> writes, List<byte[]> held)
                throws ExecutionException, InterruptedException, TimeoutException;
    }

    HeldValues(Link link, Space space) {
        this.link = link;
        this.space = space;
    }

    /** Reads what stands under the keys of these, as many as make up two megabytes, or one that has more by itself. */
    void read(List<Write> writes, Reader reader) throws ExecutionException, InterruptedException, TimeoutException {
        for (int from = 0; from < writes.size(); from += MOST) {
            List<Write> some = writes.subList(from, Math.min(writes.size(), from + MOST));
            List<Long> sizes = sizes(some);
            int next = 0;
            while (next < some.size()) {
                int end = portion(sizes, next);
                List<Write> portion = some.subList(next, end);
                reader.read(portion, values(portion));
                next = end;
            }
        }
    }

    /** Returns where a portion ends that begins there. */
    static int portion(List<Long> sizes, int from) {
        int end = from + 1;
        long bytes = sizes.get(from);
        while (end < sizes.size() && bytes + sizes.get(end) <= BYTES) {
            bytes += sizes.get(end++);
        }
        return end;
    }

    private List<Long> sizes(List<Write> writes) throws ExecutionException, InterruptedException, TimeoutException {
        List<byte[]> keys = keys(writes);
        List<Long> lengths = link.all(commands -> keys.stream()
                .map(key -> commands.strlen(key)
                        .exceptionally(HeldValues::sizeOfNoString)
                        .toCompletableFuture())
                .toList());
        List<Long> sizes = new ArrayList<>(writes.size());
        for (int i = 0; i < writes.size(); i++) {
            sizes.add(lengths.get(i) + (isLive() ? 0 : lengths.get(writes.size() + i)));
        }
        return sizes;
    }

    /** Another kind of value is not read either. */
    private static long sizeOfNoString(Throwable fault) {
        if (String.valueOf(fault.getMessage()).contains("WRONGTYPE")) {
            return 0;
        }
        throw fault instanceof CompletionException thrown ? thrown : new CompletionException(fault);
    }

    private List<byte[]> values(List<Write> writes) throws ExecutionException, InterruptedException, TimeoutException {
        List<KeyValue<byte[], byte[]>> held =
                link.one(all -> all.mget(keys(writes).toArray(byte[][]::new)));
        List<byte[]> values = new ArrayList<>(writes.size());
        for (int i = 0; i < writes.size(); i++) {
            KeyValue<byte[], byte[]> own = held.get(i);
            KeyValue<byte[], byte[]> known = own.hasValue() || isLive() ? own : held.get(writes.size() + i);
            values.add(known.getValueOrElse(NONE));
        }
        return values;
    }

    /** Of each where it is written to; then, since what is being brought back may rest on what was never lost, where readers see it. */
    private List<byte[]> keys(List<Write> writes) {
        List<byte[]> keys = new ArrayList<>(writes.size() * 2);
        writes.forEach(write -> keys.add(space.row(write.key())));
        if (!isLive()) {
            writes.forEach(write -> keys.add(write.key()));
        }
        return keys;
    }

    private boolean isLive() {
        return space == Space.LIVE;
    }
}
