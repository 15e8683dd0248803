package io.millrace.sync.delivery;

import io.millrace.sync.deadletter.KeptLetter;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which dead letters of one partition are not given again yet, each for itself, and when there is something to be given at all. Forgotten
 * with the partition: then they are tried once more. Confined to the consumer's thread.
 */
final class LetterPauses {

    private record Pause(KeptLetter letter, int failures, long until) {

        boolean isOver() {
            return System.nanoTime() - until >= 0;
        }
    }

    private final Map<Long, Pause> pauses = new HashMap<>();
    /** What the sink broke with at a letter. */
    private final Map<Long, String> broken = new HashMap<>();

    private boolean resting;
    private long restsUntil;
    private int failures;

    /** Tells whether nothing is to be given at all for now. */
    boolean rests() {
        resting &= System.nanoTime() - restsUntil < 0;
        return resting;
    }

    void rest(Duration time) {
        resting = true;
        restsUntil = System.nanoTime() + time.toNanos();
    }

    /** All wait for the sink, longer each time. */
    void rest(Backoff backoff) {
        rest(backoff.after(++failures));
    }

    /** The sink answers. */
    void succeeded() {
        failures = 0;
    }

    /** One waits, longer each time; where all do, it lets the others go first. */
    void pause(KeptLetter letter, Backoff backoff) {
        Pause last = pauses.get(letter.id());
        int failed = last == null ? 1 : last.failures() + 1;
        long from = rests() ? restsUntil : System.nanoTime();
        pauses.put(
                letter.id(),
                new Pause(letter, failed, from + backoff.after(failed).toNanos()));
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
                .removeIf(
                        pause -> pause.isOver() && !ids.contains(pause.letter().id()));
        broken.keySet().retainAll(pauses.keySet());
    }

    /** Returns the letters that wait. */
    Set<Long> letters() {
        Set<Long> ids = new HashSet<>();
        pauses.values().stream()
                .filter(pause -> !pause.isOver())
                .forEach(pause -> ids.add(pause.letter().id()));
        return ids;
    }

    /** Returns what the rows are told apart by whose letters wait: none of a row goes before the first. */
    Set<Long> rows() {
        Set<Long> hashes = new HashSet<>();
        for (Pause pause : pauses.values()) {
            Long row = pause.letter().keyHash();
            if (row != null && !pause.isOver()) {
                hashes.add(row);
            }
        }
        return hashes;
    }
}
