package io.millrace.sync.sink.redis;

import io.millrace.event.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Takes values that PostgreSQL did not send from the strings that Redis holds. A HASH keeps them without being read. */
final class Completion {

    private Completion() {}

    /**
     * Returns what can be completed.
     *
     * @param held what stands where each is written to
     * @param lacking takes the others
     */
    static List<Write> filled(List<Write> writes, List<byte[]> held, List<Write> lacking) {
        List<Write> filled = new ArrayList<>(writes.size());
        for (int i = 0; i < writes.size(); i++) {
            Write write = writes.get(i);
            Row row = Objects.requireNonNull(write.row());
            Set<String> missing = write.event().unavailable();
            Row other = row(held.get(i));
            if (other.columns().keySet().containsAll(missing)) {
                filled.add(write.with(row.withValuesFrom(other, missing)));
            } else {
                lacking.add(write);
            }
        }
        return filled;
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
