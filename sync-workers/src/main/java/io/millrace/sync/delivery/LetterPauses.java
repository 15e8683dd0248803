package io.millrace.sync.delivery;

import io.millrace.sync.deadletter.KeptLetter;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Which dead letters of one partition are not given again yet, each for itself, and when there is something to be given at all. Forgotten
 * with the partition: then they are tried once more. Confined to the consumer's thread.
 */
final class LetterPauses {

    /** A letter waits so many times as long as its last try took: one that hangs leaves the consumer's time to the others. */
    private static final int SLOW = 30;

    private record Pause(KeptLetter letter, int failures, long until) {}

    private final LongSupplier nanoTime;
    private final Map<Long, Pause> pauses = new HashMap<>();
    /** What the sink broke with at a letter. */
    private final Map<Long, String> broken = new HashMap<>();

    private boolean resting;
    private long restsUntil;
    private int failures;
    private long begunAt;

    LetterPauses() {
        this(System::nanoTime);
    }

    /** @param nanoTime what time it is, as {@link System#nanoTime} says it */
    LetterPauses(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.begunAt = nanoTime.getAsLong();
    }

    /** A letter is tried now. */
    void begins() {
        begunAt = nanoTime.getAsLong();
    }

    /** Tells whether nothing is to be given at all for now. */
    boolean rests() {
        resting &= nanoTime.getAsLong() - restsUntil < 0;
        return resting;
    }

    void rest(Duration time) {
        resting = true;
        restsUntil = nanoTime.getAsLong() + time.toNanos();
    }

    /** All wait for the sink, longer each time. */
    void rest(Backoff backoff) {
        rest(backoff.after(++failures));
    }

    /** The sink answers. */
    void succeeded() {
        failures = 0;
    }

    /** One waits after its try, longer each time; where all do, it lets the others go first. */
    void pause(KeptLetter letter, Backoff backoff) {
        pause(letter, backoff, Duration.ZERO);
    }

    /** @param cost the time for which nothing is given to the sink because of its try */
    void pause(KeptLetter letter, Backoff backoff, Duration cost) {
        Pause last = pauses.get(letter.id());
        int failed = last == null ? 1 : last.failures() + 1;
        long now = nanoTime.getAsLong();
        long from = rests() ? restsUntil : now;
        long wait = Math.max(backoff.after(failed).toNanos(), SLOW * (now - begunAt + LetterTurns.counted(cost)));
        pauses.put(letter.id(), new Pause(letter, failed, from + cost.toNanos() + wait));
    }

    private boolean isOver(Pause pause) {
        return nanoTime.getAsLong() - pause.until() >= 0;
    }

    /** Tells whether that was not said of the letter the last time, too. */
    boolean isNews(KeptLetter letter, String said) {
        return !said.equals(broken.put(letter.id(), said));
    }

    /** Forgets pauses that are over and whose letters are not due: they were settled. */
    void keep(List<KeptLetter> due) {
        Set<Long> ids = new HashSet<>();
        due.forEach(letter -> ids.add(letter.id()));
        pauses.values()
                .removeIf(pause -> isOver(pause) && !ids.contains(pause.letter().id()));
        broken.keySet().retainAll(pauses.keySet());
    }

    /**
     * Puts those behind whose row waited before, which waited longest first: where there is no time for all, each has its turn. What is kept of
     * one row stays in its order.
     */
    List<KeptLetter> inTurn(List<KeptLetter> due) {
        long now = nanoTime.getAsLong();
        Map<Long, Long> letters = new HashMap<>();
        Map<Long, Long> rows = new HashMap<>();
        for (Pause pause : pauses.values()) {
            Long row = pause.letter().keyHash();
            (row == null ? letters : rows)
                    .merge(row == null ? pause.letter().id() : row, pause.until() - now, Math::max);
        }
        return due.stream()
                .sorted(Comparator.comparing(letter -> {
                    Long row = letter.keyHash();
                    return row == null
                            ? letters.getOrDefault(letter.id(), Long.MIN_VALUE)
                            : rows.getOrDefault(row, Long.MIN_VALUE);
                }))
                .toList();
    }

    /** Returns the letters that wait. */
    Set<Long> letters() {
        Set<Long> ids = new HashSet<>();
        pauses.values().stream()
                .filter(pause -> !isOver(pause))
                .forEach(pause -> ids.add(pause.letter().id()));
        return ids;
    }

    /** Returns what the rows are told apart by whose letters wait: none of a row goes before the first. */
    Set<Long> rows() {
        Set<Long> hashes = new HashSet<>();
        for (Pause pause : pauses.values()) {
            Long row = pause.letter().keyHash();
            if (row != null && !isOver(pause)) {
                hashes.add(row);
            }
        }
        return hashes;
    }
}
