package io.millrace.sync.sink.redis;

import io.lettuce.core.KeyValue;
import io.lettuce.core.ScriptOutputType;
import io.millrace.event.Row;
import io.millrace.sync.sink.redis.Link.Call;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Writes entries that are newer than what is held, many in one round trip; completes those that lack values. */
final class EntryWriter {

    private static final long LACKS = 2;

    private final EntryCalls calls;
    private final int keysPerCall;

    EntryWriter(long tombstoneMillis, int keysPerCall) {
        this.calls = new EntryCalls(tombstoneMillis);
        this.keysPerCall = keysPerCall;
    }

    byte[] tombstone() {
        return calls.tombstone();
    }

    /**
     * Writes entries.
     *
     * @param runs what {@link Trust} says: a server in another run completes nothing
     * @return what was not written: it lacks values, and Redis holds no row that surely has them
     */
    List<Write> write(Link link, List<Write> given, Space space, byte[] runs)
            throws ExecutionException, InterruptedException, TimeoutException {
        if (given.isEmpty()) {
            return List.of();
        }
        Instant now = Instant.now();
        List<Write> lacking = new ArrayList<>(0);
        List<Write> incomplete =
                given.stream().filter(write -> isFilled(write, now)).toList();
        put(
                link,
                incomplete.isEmpty()
                        ? given
                        : given.stream().filter(write -> !isFilled(write, now)).toList(),
                space,
                runs,
                now,
                lacking);
        HeldValues values = new HeldValues(link, space, runs, keysPerCall);
        values.read(
                incomplete,
                (some, held) -> put(link, Completion.filled(some, held, lacking), space, runs, now, lacking));
        return lacking;
    }

    /** Writes whole rows, and those of hashes, which need not be. */
    private void put(Link link, List<Write> writes, Space space, byte[] runs, Instant now, List<Write> lacking)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<Call> puts = new ArrayList<>();
        List<Call> others = new ArrayList<>(0);
        List<Write> order = new ArrayList<>(0);
        for (List<Write> group : groups(link, writes)) {
            List<Write> strings = new ArrayList<>(group.size());
            List<Write> rest = new ArrayList<>(0);
            group.forEach(write -> (EntryCalls.isPut(write) ? strings : rest).add(write));
            inParts(strings, part -> puts.add(EntryCalls.puts(part, space)));
            inParts(rest, part -> {
                others.add(calls.writes(part, space, runs, now));
                order.addAll(part);
            });
        }
        link.<Long>call(Script.PUT, ScriptOutputType.INTEGER, puts);
        int next = 0;
        for (List<Object> answer : link.<List<Object>>call(Script.WRITE, ScriptOutputType.MULTI, others)) {
            for (Object one : answer) {
                Write write = order.get(next++);
                if ((Long) one == LACKS && !resumed(link, write, space, now)) {
                    lacking.add(write);
                }
            }
        }
    }

    private void inParts(List<Write> all, Consumer<List<Write>> reader) {
        for (int from = 0; from < all.size(); from += keysPerCall) {
            reader.accept(all.subList(from, Math.min(all.size(), from + keysPerCall)));
        }
    }

    private static List<List<Write>> groups(Link link, List<Write> writes) {
        if (!link.isCluster()) {
            return List.of(writes);
        }
        Map<Integer, List<Write>> groups = new LinkedHashMap<>();
        writes.forEach(write -> groups.computeIfAbsent(link.group(write.key()), slot -> new ArrayList<>())
                .add(write));
        return List.copyOf(groups.values());
    }

    private static boolean isFilled(Write write, Instant now) {
        return write.isIncomplete() && !write.entries().isHash() && !write.isOver(now);
    }

    /** Has a hash that is brought back rest on the one that readers see, if that has what was not sent. Rare: one by one. */
    private boolean resumed(Link link, Write write, Space space, Instant now)
            throws ExecutionException, InterruptedException, TimeoutException {
        Row row = write.row();
        if (space == Space.LIVE || row == null) {
            return false;
        }
        byte[][] missing = write.event().unavailable().stream()
                .map(column -> column.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        if (!"hash".equals(link.one(all -> all.type(write.key())))) {
            return false;
        }
        List<byte[]> found = new ArrayList<>();
        for (KeyValue<byte[], byte[]> field : link.one(all -> all.hmget(write.key(), missing))) {
            if (!field.hasValue()) {
                return false;
            }
            found.add(field.getKey());
            found.add(field.getValue());
        }
        link.<List<Object>>call(
                Script.WRITE, ScriptOutputType.MULTI, List.of(calls.resumed(write, row, found, space, now)));
        return true;
    }
}
