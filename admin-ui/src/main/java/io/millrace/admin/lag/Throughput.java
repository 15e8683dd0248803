package io.millrace.admin.lag;

import java.util.Arrays;

/**
 * A counter's growth over the last hour, a sample a second. Thread-safe.
 *
 * <p>Slots are seconds of the clock; a second without a sample repeats the one before.
 */
final class Throughput {

    private static final int SECONDS = 3600;

    private final long[] counts = new long[SECONDS + 1];
    private long newest = -1;
    private long oldest = -1;

    synchronized void sample(long second, long count) {
        if (newest < 0) {
            newest = second;
            oldest = second;
            counts[slot(second)] = count;
            return;
        }
        // a counter that fell began anew: forget what was before
        if (count < counts[slot(newest)]) {
            newest = -1;
            sample(second, count);
            return;
        }
        for (long missing = Math.max(newest + 1, second - SECONDS); missing < second; missing++) {
            counts[slot(missing)] = counts[slot(newest)];
        }
        if (second >= newest) {
            counts[slot(second)] = count;
            newest = second;
            oldest = Math.max(oldest, second - SECONDS);
        }
    }

    /** Returns the growth in each of the last buckets as a rate a second, oldest first; 0 where nothing is known. */
    synchronized double[] rates(int buckets, int secondsEach) {
        double[] rates = new double[buckets];
        if (newest < 0) {
            return rates;
        }
        for (int i = 0; i < buckets; i++) {
            long to = newest - (long) (buckets - 1 - i) * secondsEach;
            long from = to - secondsEach;
            if (from >= oldest) {
                rates[i] = (counts[slot(to)] - counts[slot(from)]) / (double) secondsEach;
            } else if (to > oldest) {
                rates[i] = (counts[slot(to)] - counts[slot(oldest)]) / (double) (to - oldest);
            }
        }
        return rates;
    }

    /** Returns the mean rate of the last five seconds. */
    double now() {
        return Arrays.stream(rates(1, 5)).sum();
    }

    private static int slot(long second) {
        return (int) (second % (SECONDS + 1));
    }
}
