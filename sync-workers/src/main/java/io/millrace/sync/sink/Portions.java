package io.millrace.sync.sink;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How many rows a sink reads back at a time to complete changes that lack values. Nobody knows beforehand how large they are, and a batch
 * of small changes may stand for rows of megabytes each: so each table begins with one row, and goes on with as many as would make up two
 * megabytes if all were as large as the largest so far. Of one batch; used by one thread.
 *
 * @param <T> a row
 */
public final class Portions<T> {

    private static final long BYTES = 2 << 20;
    private static final int MOST = 256;
    private static final int GROWTH = 4;

    private final Deque<List<T>> tables;
    private boolean goesOn;
    private int rows = 1;
    private long largest;

    private Portions(Collection<List<T>> tables) {
        this.tables = new ArrayDeque<>(tables);
    }

    /** Goes through rows, a table after the other. */
    public static <T> Portions<T> of(Collection<T> rows, Function<T, Long> table) {
        return new Portions<>(rows.stream()
                .collect(Collectors.groupingBy(table, LinkedHashMap::new, Collectors.toList()))
                .values());
    }

    /** Returns whether there are more rows. */
    public boolean hasNext() {
        return !tables.isEmpty();
    }

    /** Returns the next rows, all of one table. */
    public List<T> next() {
        if (!goesOn) {
            rows = 1;
            largest = 0;
        }
        List<T> table = tables.removeFirst();
        goesOn = table.size() > rows;
        if (!goesOn) {
            return table;
        }
        tables.addFirst(table.subList(rows, table.size()));
        return table.subList(0, rows);
    }

    /**
     * Says how large the largest of the last rows was that could be completed.
     *
     * @param bytes empty where none could: what was not there says nothing of what is
     */
    public void completed(OptionalLong bytes) {
        if (bytes.isPresent()) {
            largest = Math.max(largest, bytes.getAsLong());
            long fitting = BYTES / Math.max(1, largest);
            rows = (int) Math.max(1, Math.min(fitting, Math.min(MOST, rows * GROWTH)));
        }
    }
}
