package io.millrace.sync.delivery;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Bounds how many bytes of changes the consumers of one sink have in hand. Each holds what it polled, and its sink and the sink's client
 * make copies of that; where rows have megabytes, all consumers together would need more heap than there is. Each sink has its own: one
 * that hangs takes no room from the others. Thread-safe.
 */
final class Headroom {

    /** Small batches never wait. */
    private static final long SMALL = 1 << 20;

    private final int kilobytes;
    private final Semaphore room;

    /** @param bytes that may be in hand; a batch that has more by itself is in hand alone */
    Headroom(long bytes) {
        this.kilobytes = (int) Math.max(1, Math.min(Integer.MAX_VALUE, bytes >> 10));
        this.room = new Semaphore(kilobytes, true);
    }

    /** A part of the heap for one of a few sinks: of a row there are up to five copies while it is written. */
    static Headroom ofHeap() {
        return new Headroom(Runtime.getRuntime().maxMemory() / 32);
    }

    Share share() {
        return new Share();
    }

    /** What one consumer has of it. Confined to the consumer's thread. */
    final class Share {

        private int taken;
        private long expected;

        /**
         * Takes room for what is to be expected after the last batch, which is written and released: large rows after large ones. Returns
         * false if there is none within that time; the place in the queue is lost then, so it should be longer than a batch takes.
         */
        boolean beforePoll(Duration patience) {
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
            int wanted = bytes < SMALL ? 0 : kilobytes(bytes);
            if (wanted == 0) {
                release();
            } else if (wanted > taken) {
                // who waits holds nothing
                release();
                room.acquireUninterruptibly(wanted);
                taken = wanted;
            }
        }

        /** Gives back what is written by now. */
        void release() {
            room.release(taken);
            taken = 0;
        }

        private int kilobytes(long bytes) {
            return (int) Math.min(kilobytes, bytes >> 10);
        }
    }
}
