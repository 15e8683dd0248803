package io.millrace.sync.sink;

import java.util.List;

/**
 * How many rows a sink reads back at a time to complete changes that lack values. Nobody knows beforehand how large they are, and a batch
 * of small changes may stand for rows of megabytes each: so it begins with one, and takes as many as made up two megabytes the last time.
 * For one batch, used by one thread.
 */
public final class Portions {

    private static final long BYTES = 2 << 20;
    private static final int MOST = 1000;
    private static final int GROWTH = 16;

    private int rows = 1;

    /** Returns the next rows, from an index on. */
    public <T> List<T> next(List<T> all, int from) {
        return all.subList(from, Math.min(all.size(), from + rows));
    }

    /** Says how large so many rows were together. */
    public void read(int count, long bytes) {
        long fitting = bytes <= 0 ? MOST : BYTES * count / bytes;
        rows = (int) Math.max(1, Math.min(fitting, Math.min(MOST, (long) rows * GROWTH)));
    }
}
