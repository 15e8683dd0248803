package io.millrace.capture.snapshot;

import io.millrace.catalog.snapshot.Rereads.Reread;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The rows that were said to be missing for a snapshot: several sinks ask for the same one, and the delete is in the topic for all of
 * them. What is forgotten here is said once more, which does no harm. Not thread-safe.
 */
final class KnownMissing {

    private static final int SNAPSHOTS = 8;
    private static final int ROWS = 200_000;

    private final Map<Long, Set<String>> rows = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Set<String>> eldest) {
            return size() > SNAPSHOTS;
        }
    };

    /** Whether the request has its answer: nobody but the snapshot asked, and the row was said to be missing. */
    boolean answers(Reread request) {
        return request.asked() == 0 && contains(request);
    }

    /** Whether the row was said to be missing for the request's snapshot. Another who asks too may need it, if it is there again. */
    boolean contains(Reread request) {
        Long snapshot = request.snapshotId();
        return snapshot != null
                && rows.getOrDefault(snapshot, Set.of()).contains(request.key().json());
    }

    /** Forgets a row that is there again: it may be found missing once more. */
    void remove(Reread request) {
        Long snapshot = request.snapshotId();
        if (snapshot != null) {
            rows.getOrDefault(snapshot, new HashSet<>()).remove(request.key().json());
        }
    }

    /** Returns whether it was not known. */
    boolean add(Reread request) {
        Long snapshot = request.snapshotId();
        if (snapshot == null) {
            return false;
        }
        Set<String> some = rows.computeIfAbsent(snapshot, id -> new HashSet<>());
        return some.size() < ROWS
                ? some.add(request.key().json())
                : !some.contains(request.key().json());
    }
}
