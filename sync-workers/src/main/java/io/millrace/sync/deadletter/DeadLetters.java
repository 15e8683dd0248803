package io.millrace.sync.deadletter;

import java.util.List;

/** Where rejected records go. Thread-safe. */
public interface DeadLetters {

    /**
     * Keeps records, in the table {@code dead_letter} and in the topic {@code <topic>.<sink>.dlt}, and returns when both are durable.
     * Keeping one again counts it up.
     *
     * @throws RuntimeException if they could not be kept: then their offsets must not be passed
     */
    void keep(String sink, List<DeadLetter> letters);
}
