package io.millrace.sync.sink.redis;

import io.lettuce.core.ScriptOutputType;
import io.millrace.event.Row;
import io.millrace.sync.sink.redis.Link.Call;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** Takes values that PostgreSQL did not send from the strings that Redis holds. A HASH keeps them without being read. */
final class Completion {

    private final int keysPerCall;

    Completion(int keysPerCall) {
        this.keysPerCall = keysPerCall;
    }

    /**
     * Returns what can be completed.
     *
     * @param runs what {@link Trust} says
     * @param lacking takes the others
     */
    List<Write> filled(Link link, List<Write> writes, Space space, byte[] runs, List<Write> lacking)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<byte[]> keys =
                writes.stream().map(write -> space.row(write.key())).collect(Collectors.toCollection(ArrayList::new));
        if (space != Space.LIVE) {
            // what is being brought back may rest on what was never lost
            writes.forEach(write -> keys.add(write.key()));
        }
        byte[][] held = held(link, keys, runs);
        List<Write> filled = new ArrayList<>(writes.size());
        for (int i = 0; i < writes.size(); i++) {
            Write write = writes.get(i);
            Row row = Objects.requireNonNull(write.row());
            byte[] json = held[i].length > 0 || space == Space.LIVE ? held[i] : held[writes.size() + i];
            Set<String> missing = write.event().unavailable();
            Row other = row(json);
            if (other.columns().keySet().containsAll(missing)) {
                filled.add(write.with(row.withValuesFrom(other, missing)));
            } else {
                lacking.add(write);
            }
        }
        return filled;
    }

    /** Returns what stands at these keys; empty where there is nothing, or where the server's run is not known. */
    private byte[][] held(Link link, List<byte[]> keys, byte[] runs)
            throws ExecutionException, InterruptedException, TimeoutException {
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

    /** Returns the row that a value holds; one without columns where somebody else wrote what is no row. */
    private static Row row(byte[] json) {
        Row row = new Row(json, 0, json.length);
        try {
            row.columns();
            return row;
        } catch (IllegalArgumentException e) {
            return Row.of("{}");
        }
    }
}
