package io.millrace.sync.delivery;

import java.util.Map;

/** The consumers of one sink. */
interface Consumers {

    /**
     * Takes what the catalog says, for the next poll of each. Returns at once, and may be called while the others are at work.
     *
     * @param askedAt {@link System#nanoTime} of just before the catalog was asked
     */
    void told(Map<String, Route> routes, long askedAt);

    /** Takes what people asked for, likewise. */
    void noticed(Notices notices);

    /** Returns the routes that were told last. */
    Map<String, Route> routes();

    /**
     * Brings them to what the routes ask for: running, or not. Takes as long as the sink takes for what it was given last. Called again
     * and again, by one thread.
     */
    void tend();

    /** Returns when what is being written is written, and its offsets are stored, or the sink has not answered for too long. By the same thread. */
    void stop();
}
