package io.millrace.sync.delivery;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Bounds how many bytes of changes the consumers of this process have in hand. Each holds what it polled, and its sink and the sink's
 * client make copies of that; where rows have megabytes, all consumers together would need more heap than there is. Thread-safe.
 */
final class Headroom {

    /** Small batches never wait: no slow write of large rows holds up a change of another table. */
    private static final long SMALL = 1 << 20;

    private final int kilobytes;
    private final Semaphore room;

    /** @param bytes that may be in hand; a batch that has more by itself is in hand alone */
    Headroom(long bytes) {
        this.kilobytes = (int) Math.max(1, Math.min(Integer.MAX_VALUE, bytes >> 10));
        this.room = new Semaphore(kilobytes, true);
    }

    /** A sixteenth of the heap: of a row there are up to five copies while it is written, and the rest of the heap has other uses. */
    static Headroom ofHeap() {
        return new Headroom(Runtime.getRuntime().maxMemory() / 16);
    }

    Share share() {
        return new Share();
    }

    /** What one consumer has of it. Confined to the consumer's thread. */
    final class Share {

        private int taken;
        private long expected;

        /**
         * Gives back what the last batch took, which is written by now. Where that had large rows, more of them are to be expected: returns
         * false if there is no room for these, after waiting for it.
         */
        boolean beforePoll(Duration patience) {
            release();
            if (expected < SMALL) {
                return true;
            }
            int wanted = kilobytes(expected);
            try {
                if (!room.tryAcquire(wanted, patience.toMillis(), TimeUnit.MILLISECONDS)) {
                    return false;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
            taken = wanted;
            return true;
        }

        /** Takes what a poll brought, as soon as there is room. */
        void polled(long bytes) {
            expected = bytes;
            if (bytes < SMALL) {
                release();
            } else if (taken == 0) {
                int wanted = kilobytes(bytes);
                room.acquireUninterruptibly(wanted);
                taken = wanted;
            }
        }

        void release() {
            room.release(taken);
            taken = 0;
        }

        private int kilobytes(long bytes) {
            return (int) Math.min(kilobytes, bytes >> 10);
        }
    }
}
