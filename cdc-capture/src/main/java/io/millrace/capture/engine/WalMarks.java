package io.millrace.capture.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * When the end of a source's WAL was where: tells how long what capture has not passed has been there, whoever wrote it. The commit time
 * of the last change would tell the age of that change, which is no lag where tables are idle beside a busy neighbour. Thread-safe.
 */
final class WalMarks {

    /** At one each two seconds, a quarter of an hour; a longer standstill is kept more coarsely. */
    private static final int LIMIT = 512;

    private final Deque<Mark> ahead = new ArrayDeque<>();
    private Duration apart = Duration.ZERO;
    private boolean passedOne;

    /** Where the WAL ended, and when. */
    private record Mark(Instant at, long end) {}

    /** Notes where the WAL ends at a moment, which is later than those before. */
    synchronized void note(Instant at, long end) {
        Mark newest = ahead.pollLast();
        if (newest != null && Long.compareUnsigned(end, newest.end()) < 0) {
            // another server, or one that was set back: what it has not written yet is nothing to wait for
            ahead.clear();
            apart = Duration.ZERO;
            passedOne = false;
        } else if (newest != null) {
            Mark before = ahead.peekLast();
            if (before == null || !newest.at().isBefore(before.at().plus(apart))) {
                ahead.addLast(newest);
            }
        }
        if (ahead.size() >= LIMIT) {
            thinOut();
        }
        ahead.addLast(new Mark(at, end));
    }

    private void thinOut() {
        apart = Duration.between(ahead.getFirst().at(), ahead.getLast().at()).dividedBy(LIMIT / 2);
        for (int i = 0; i < LIMIT; i++) {
            Mark mark = ahead.removeFirst();
            if (i % 2 == 0) {
                ahead.addLast(mark);
            }
        }
    }

    /**
     * Returns how long the oldest end that capture has not passed has been there; zero where it passed all.
     *
     * @param reached everything before it was captured
     * @param committed when the last captured change was committed; null where there was none. It counts until the first mark was passed:
     *     what was written before the first is as old as that at most
     */
    synchronized Duration lag(long reached, @Nullable Instant committed, Instant now) {
        while (!ahead.isEmpty() && Long.compareUnsigned(ahead.getFirst().end(), reached) <= 0) {
            ahead.removeFirst();
            passedOne = true;
        }
        if (ahead.size() < LIMIT / 4) {
            // room enough for marks at each moment again
            apart = Duration.ZERO;
        }
        Mark oldest = ahead.peekFirst();
        if (oldest == null) {
            return Duration.ZERO;
        }
        Instant since = passedOne || committed == null || committed.isAfter(oldest.at()) ? oldest.at() : committed;
        return since.isBefore(now) ? Duration.between(since, now) : Duration.ZERO;
    }
}
