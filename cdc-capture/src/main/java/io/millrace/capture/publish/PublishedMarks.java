package io.millrace.capture.publish;

import io.millrace.event.SourcePosition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Up to which position each partition of a topic holds the changes of the present epoch already. What the slot sends again up to there
 * is skipped. Not thread-safe.
 */
public final class PublishedMarks {

    private final boolean[] known;
    private final long[] commitLsns;
    private final int[] ordinals;

    /**
     * @param epoch the present one; a mark of an older epoch counts for nothing
     * @param marks by partition; null where nothing is known
     */
    public PublishedMarks(int epoch, List<@Nullable SourcePosition> marks) {
        this.known = new boolean[marks.size()];
        this.commitLsns = new long[marks.size()];
        this.ordinals = new int[marks.size()];
        for (int i = 0; i < marks.size(); i++) {
            SourcePosition mark = marks.get(i);
            if (mark != null && mark.epoch() == epoch) {
                known[i] = true;
                commitLsns[i] = mark.commitLsn();
                ordinals[i] = mark.ordinal();
            }
        }
    }

    int partitions() {
        return known.length;
    }

    boolean holds(int partition, long commitLsn, int ordinal) {
        if (!known[partition]) {
            return false;
        }
        int order = Long.compareUnsigned(commitLsn, commitLsns[partition]);
        return order < 0 || order == 0 && ordinal <= ordinals[partition];
    }
}
