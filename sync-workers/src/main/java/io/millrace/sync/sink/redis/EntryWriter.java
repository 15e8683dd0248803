package io.millrace.sync.sink.redis;

import io.lettuce.core.KeyValue;
import io.lettuce.core.ScriptOutputType;
import io.millrace.event.Row;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.LateRead;
import io.millrace.sync.sink.redis.Link.Call;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** Writes entries that are newer than what is held, many in one round trip; completes those that lack values. */
final class EntryWriter {

    private static final HexFormat HEX = HexFormat.of();

    private final long tombstoneMillis;
    private final int keysPerCall;

    EntryWriter(long tombstoneMillis, int keysPerCall) {
        this.tombstoneMillis = tombstoneMillis;
        this.keysPerCall = keysPerCall;
    }

    byte[] tombstone() {
        return ascii(tombstoneMillis);
    }

    void write(Link link, List<Write> given, Space space)
            throws ExecutionException, InterruptedException, TimeoutException {
        if (given.isEmpty()) {
            return;
        }
        List<Write> writes = filled(link, given, space);
        Instant now = Instant.now();
        List<Write> order = new ArrayList<>(writes.size());
        List<Call> calls = new ArrayList<>();
        for (List<Write> group : groups(link, writes)) {
            for (int from = 0; from < group.size(); from += keysPerCall) {
                List<Write> part = group.subList(from, Math.min(group.size(), from + keysPerCall));
                calls.add(call(part, space, now));
                order.addAll(part);
            }
        }
        List<Long> answers = new ArrayList<>(order.size());
        for (List<Object> answer : link.<List<Object>>call(Script.WRITE, ScriptOutputType.MULTI, calls)) {
            answer.forEach(one -> answers.add((Long) one));
        }
        completeFromReads(link, order, answers, space);
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

    private Call call(List<Write> writes, Space space, Instant now) {
        List<byte[]> keys = new ArrayList<>(writes.size() * 2);
        List<byte[]> arguments = new ArrayList<>(writes.size() * 5 + 1);
        arguments.add(tombstone());
        for (Write write : writes) {
            keys.add(space.row(write.key()));
            keys.add(space.mark(write.key()));
            Row row = write.row();
            long millis = write.remainingMillis(now);
            String version = HEX.toHexDigits(write.version());
            if (row == null || millis < 0) {
                add(arguments, "d", version, 0, List.of());
            } else if (write.entries().isHash()) {
                add(
                        arguments,
                        "h",
                        version,
                        millis,
                        HashFields.arguments(row, write.event().unavailable()));
            } else {
                add(arguments, "s", version, millis, List.of(row.toBytes()));
            }
        }
        return new Call(keys, arguments);
    }

    private static void add(List<byte[]> arguments, String operation, String version, long millis, List<byte[]> more) {
        arguments.add(operation.getBytes(StandardCharsets.US_ASCII));
        arguments.add(version.getBytes(StandardCharsets.US_ASCII));
        arguments.add(ascii(millis));
        arguments.add(ascii(more.size()));
        arguments.addAll(more);
    }

    private static byte[] ascii(long number) {
        return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Takes values that PostgreSQL did not send from what Redis holds; where it holds nothing, they are left out. A HASH keeps them
     * without being read.
     */
    private static List<Write> filled(Link link, List<Write> writes, Space space)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<byte[]> keys = new ArrayList<>(0);
        for (Write write : writes) {
            if (write.isIncomplete() && !write.entries().isHash()) {
                keys.add(space.row(write.key()));
                // what is being brought back may rest on what was never lost
                keys.add(write.key());
            }
        }
        if (keys.isEmpty()) {
            return writes;
        }
        List<KeyValue<byte[], byte[]>> held = link.one(all -> all.mget(keys.toArray(byte[][]::new)));
        List<Write> filled = new ArrayList<>(writes.size());
        int next = 0;
        for (Write write : writes) {
            Row row = write.row();
            if (row == null || !write.isIncomplete() || write.entries().isHash()) {
                filled.add(write);
                continue;
            }
            KeyValue<byte[], byte[]> own = held.get(next);
            KeyValue<byte[], byte[]> known = own.hasValue() ? own : held.get(next + 1);
            next += 2;
            Set<String> missing = write.event().unavailable();
            filled.add(write.with(
                    known.hasValue() ? row.withValuesFrom(row(known.getValue()), missing) : row.without(missing)));
        }
        return filled;
    }

    /** Snapshot reads that Redis refused as stale may hold columns that its newer row lacks; the row's version stays. */
    private static void completeFromReads(Link link, List<Write> writes, List<Long> answers, Space space)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<Write> strings = new ArrayList<>(0);
        List<Call> hashes = new ArrayList<>(0);
        for (int i = 0; i < answers.size(); i++) {
            Write write = writes.get(i);
            Row row = write.row();
            if (answers.get(i) == 1 || !write.isRead() || row == null) {
                continue;
            }
            if (!write.entries().isHash()) {
                strings.add(write);
            } else if (answers.get(i) == 2) {
                hashes.add(new Call(List.of(space.row(write.key()), space.mark(write.key())), HashFields.values(row)));
            }
        }
        if (!hashes.isEmpty()) {
            link.<Long>call(Script.COMPLETE, ScriptOutputType.INTEGER, hashes);
        }
        if (!strings.isEmpty()) {
            completeStrings(link, strings, space);
        }
    }

    private static void completeStrings(Link link, List<Write> late, Space space)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<byte[]> keys = new ArrayList<>(late.size() * 2);
        late.forEach(write -> {
            keys.add(space.row(write.key()));
            keys.add(space.mark(write.key()));
        });
        List<KeyValue<byte[], byte[]>> held = link.one(all -> all.mget(keys.toArray(byte[][]::new)));
        List<Call> calls = new ArrayList<>(0);
        for (int i = 0; i < late.size(); i++) {
            KeyValue<byte[], byte[]> value = held.get(2 * i);
            KeyValue<byte[], byte[]> mark = held.get(2 * i + 1);
            Write write = late.get(i);
            if (value.hasValue() && mark.hasValue() && value.getValue().length > 0 && value.getValue()[0] == '{') {
                Optional<Row> whole = LateRead.complete(
                        row(value.getValue()), new Change(write.entries().table(), write.event()));
                whole.ifPresent(row -> calls.add(
                        new Call(List.of(value.getKey(), mark.getKey()), List.of(mark.getValue(), row.toBytes()))));
            }
        }
        if (!calls.isEmpty()) {
            link.<Long>call(Script.REPLACE, ScriptOutputType.INTEGER, calls);
        }
    }

    private static Row row(byte[] json) {
        return new Row(json, 0, json.length);
    }
}
