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

    /** All rows of the table were removed. */
    void truncated(TableTopic table);
}
