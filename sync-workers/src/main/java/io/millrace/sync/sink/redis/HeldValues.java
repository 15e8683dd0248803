package io.millrace.sync.sink.redis;

import io.lettuce.core.ScriptOutputType;
import io.millrace.sync.sink.redis.Link.Call;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    private final Link link;
    private final Space space;
    private final byte[] runs;
    private final int keysPerCall;

    /** Takes some entries. */
    interface Reader {

        /** Takes the value of each of these entries; empty where there is none, another kind of value, or one of a run that is not known. */
        void read(List<Write> writes, List<byte[]> held)
                throws ExecutionException, InterruptedException, TimeoutException;
    }

    /** @param runs what {@link Trust} says */
    HeldValues(Link link, Space space, byte[] runs, int keysPerCall) {
        this.link = link;
        this.space = space;
        this.runs = runs;
        this.keysPerCall = keysPerCall;
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
        byte[][] held = held(keys(writes));
        List<byte[]> values = new ArrayList<>(writes.size());
        for (int i = 0; i < writes.size(); i++) {
            values.add(held[i].length > 0 || isLive() ? held[i] : held[writes.size() + i]);
        }
        return values;
    }

    /** Returns what stands at these keys; empty where there is nothing, or where the server's run is not known. */
    private byte[][] held(List<byte[]> keys) throws ExecutionException, InterruptedException, TimeoutException {
        Map<Integer, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            groups.computeIfAbsent(link.group(keys.get(i)), slot -> new ArrayList<>())
                    .add(i);
        }
        List<List<Integer>> parts = new ArrayList<>();
        for (List<Integer> group : groups.values()) {
            for (int from = 0; from < group.size(); from += keysPerCall) {
                parts.add(group.subList(from, Math.min(group.size(), from + keysPerCall)));
            }
        }
        List<List<Object>> answers = link.call(
                Script.READ,
                ScriptOutputType.MULTI,
                parts.stream()
                        .map(part -> new Call(part.stream().map(keys::get).toList(), List.of(runs)))
                        .toList());
        byte[][] held = new byte[keys.size()][0];
        for (int i = 0; i < parts.size(); i++) {
            for (int j = 0; j < answers.get(i).size(); j++) {
                if (answers.get(i).get(j) instanceof byte[] value) {
                    held[parts.get(i).get(j)] = value;
                }
            }
        }
        return held;
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
