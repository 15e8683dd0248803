package io.millrace.sync.delivery;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * When a consumer gives dead letters again: for a little while between two polls, each time from another partition on. Where a try hangs
 * they rest, however many of them hang: the same thread delivers what is new, and that has nine tenths of its time. Confined to it.
 */
final class LetterTurns {

    private static final Duration TURN = Duration.ofMillis(200);
    /** What took longer hung; such a turn is one try, as a rule. */
    private static final Duration LONG = Duration.ofSeconds(1);
    /** They rest so many times as long. */
    private static final int REST = 9;

    /** No more counts of the time for which a sink asked to be left alone. */
    private static final Duration MOST = Duration.ofMinutes(1);

    private final LongSupplier nanoTime;
    private int turns;
    private long begunAt;
    private boolean resting;
    private long restsUntil;

    /** @param nanoTime what time it is, as {@link System#nanoTime} says it */
    LetterTurns(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    boolean rest() {
        resting &= nanoTime.getAsLong() - restsUntil < 0;
        return resting;
    }

    /** Begins a turn, and returns a number that is another each time. */
    int begin() {
        begunAt = nanoTime.getAsLong();
        return turns++;
    }

    /** Tells whether another letter may be given in this turn; what is left then has the next one. */
    boolean goesOn() {
        return nanoTime.getAsLong() - begunAt < TURN.toNanos();
    }

    void end() {
        long now = nanoTime.getAsLong();
        if (now - begunAt > LONG.toNanos()) {
            restUntil(now + REST * (now - begunAt));
        }
    }

    /** Nothing is given to the sink for that time, it may be because of a letter alone: afterwards what is new goes first. */
    void cost(Duration time) {
        restUntil(nanoTime.getAsLong() + time.toNanos() + REST * counted(time));
    }

    /** Who asks for hours means everything, as a rule; letters are not to wait for days on end then. */
    static long counted(Duration cost) {
        return Math.min(cost.toNanos(), MOST.toNanos());
    }

    private void restUntil(long until) {
        if (!rest() || until - restsUntil > 0) {
            resting = true;
            restsUntil = until;
        }
    }
}
