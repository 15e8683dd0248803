package io.millrace.capture.snapshot;

import java.util.HashSet;
import java.util.Set;

/**
 * The keys that the stream touched while a chunk was open, as long as they are few enough to be held. A chunk stays open while the stream
 * catches up with it, which may be a whole bulk load. Used by the publishing thread.
 */
final class Touched {

    private final int most;
    private final Set<String> keys = new HashSet<>();
    private final Set<String> incomplete = new HashSet<>();
    private boolean overrun;

    /** @param most keys that are held; beyond it none is */
    Touched(int most) {
        this.most = most;
    }

    /** @param complete whether the stream sent all values of the row */
    void add(String key, boolean complete) {
        if (overrun) {
            return;
        }
        keys.add(key);
        if (complete) {
            incomplete.remove(key);
        } else {
            incomplete.add(key);
        }
        if (keys.size() > most) {
            clear();
            overrun = true;
        }
    }

    /** Forgets all: the table was emptied. */
    void clear() {
        keys.clear();
        incomplete.clear();
    }

    /** Returns whether they were too many, so that nobody knows which. */
    boolean isOverrun() {
        return overrun;
    }

    boolean contains(String key) {
        return keys.contains(key);
    }

    /** Returns whether the last change of the row lacked a value. */
    boolean isIncomplete(String key) {
        return incomplete.contains(key);
    }

    boolean isEmpty() {
        return keys.isEmpty();
    }
}
