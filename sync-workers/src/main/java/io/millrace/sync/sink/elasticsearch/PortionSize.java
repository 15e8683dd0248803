package io.millrace.sync.sink.elasticsearch;

/**
 * How many documents to read at a time where nobody knows how large they are: as many as make up two megabytes if all are as large as the
 * largest of late. Unlike those of one batch, a table's documents may be of all sizes: one large one among a million is forgotten again,
 * and the next large ones find out by being too many. Confined to one thread.
 */
final class PortionSize {

    private static final long BYTES = 2 << 20;
    /** The server puts together what is asked for before anybody sees that it is too much. */
    private static final int MOST = 64;

    private static final int GROWTH = 4;

    private int documents = 1;
    private long largest;

    /** Returns how many to read next. */
    int documents() {
        return documents;
    }

    /** Says how large the largest was of those that were read; 0 for none. */
    void read(long bytes) {
        largest = Math.max(bytes, largest - largest / 4);
        long fitting = BYTES / Math.max(1, largest);
        documents = (int) Math.max(1, Math.min(fitting, Math.min(MOST, documents * GROWTH)));
    }

    /** Says that so many were too much. */
    void tooMany(int asked) {
        documents = Math.max(1, asked / GROWTH);
    }
}
