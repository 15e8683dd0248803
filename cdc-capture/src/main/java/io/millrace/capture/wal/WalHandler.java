package io.millrace.capture.wal;

/** Takes what PostgreSQL sent, in its order, on one thread. Tuples are valid during the call alone. */
public interface WalHandler {

    /**
     * A transaction begins; all of it follows before the next.
     *
     * @param commitLsn where its commit record begins
     * @param committedMicros since 1970, by the source's clock
     * @param transactionId unsigned 32 bits
     */
    void begin(long commitLsn, long committedMicros, long transactionId);

    /**
     * The transaction is complete.
     *
     * @param endLsn where its commit record ends
     */
    void commit(long commitLsn, long endLsn, long committedMicros);

    /** A table is described, before its first change and again after it was altered. */
    void relation(Relation relation);

    /** A row was added. */
    void insert(int relation, long lsn, Tuple row);

    /**
     * A row was changed.
     *
     * @param identity {@code K} where {@code before} holds the old key alone, {@code O} where it is the whole old row, 0 where there is
     *     none: the key did not change
     */
    void update(int relation, long lsn, char identity, Tuple before, Tuple after);

    /**
     * A row was removed.
     *
     * @param identity {@code K} or {@code O}, as in an update
     */
    void delete(int relation, long lsn, char identity, Tuple before);

    /** All rows of these tables were removed. */
    void truncate(int[] relations, long lsn);

    /**
     * An application, or we, wrote a message into the WAL.
     *
     * @param transactional whether it belongs to the present transaction; else it came outside of any
     */
    void message(long lsn, boolean transactional, String prefix, byte[] content);

    /** Everything before this LSN was sent, and no transaction is open. */
    void caughtUp(long lsn);
}
