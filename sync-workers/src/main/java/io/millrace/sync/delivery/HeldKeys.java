package io.millrace.sync.delivery;

import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one partition that have dead letters which are not settled: their later changes must not pass unless they take the
 * letters' place. Confined to the consumer's thread. What the catalog settles meanwhile is held a little longer, never shorter.
 */
final class HeldKeys {

    /** By what rows are told apart by, the offset of the first letter. */
    private final Map<Long, Long> first = new HashMap<>();

    private int added;

    boolean isEmpty() {
        return first.isEmpty();
    }

    /** Returns how many rows are held, and how many letters were added since they were last read. */
    int size() {
        return Math.max(first.size(), added);
    }

    /** Tells whether an earlier change of its row, or this one itself, is a dead letter. */
    boolean holds(Received received) {
        return !first.isEmpty()
                && holds(hash(received.event()), received.record().offset());
    }

    boolean holds(@Nullable Long keyHash, long offset) {
        Long letter = keyHash == null ? null : first.get(keyHash);
        return letter != null && letter <= offset;
    }

    void add(@Nullable Long keyHash, long offset) {
        added++;
        if (keyHash != null) {
            first.merge(keyHash, offset, Math::min);
        }
    }

    void replace(Map<Long, Long> unsettled) {
        first.clear();
        first.putAll(unsettled);
        added = 0;
    }

    static @Nullable Long hash(ChangeEvent event) {
        RowKey key = event.key();
        return key == null ? null : (Long) key.hash(event.source(), event.table());
    }
}
