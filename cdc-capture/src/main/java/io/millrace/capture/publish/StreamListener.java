package io.millrace.capture.publish;

/** Follows the stream beside the publisher, on its thread: what a snapshot must know. */
public interface StreamListener {

    /**
     * A logical message outside of a transaction; everything before it was sent to Kafka, nothing after it.
     *
     * @param lsn where the message begins
     */
    void message(ReadPublisher publisher, long lsn, String prefix, byte[] content);

    /** A row of the table was changed; {@code complete} is false where the change does not hold every value. */
    void changed(TableTopic table, byte[] key, boolean complete);

    /**
     * A row came under a new key without some of its values, which no sink can have under that key. Told again when the change comes
     * again.
     */
    void lacking(TableTopic table, byte[] key);

    /** What was told so far is about to count as done: what must not be forgotten is to be stored now. */
    void beforeProgress();

    /** All rows of the table were removed. */
    void truncated(TableTopic table);
}
