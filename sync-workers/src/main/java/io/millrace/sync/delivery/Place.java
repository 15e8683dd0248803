package io.millrace.sync.delivery;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Where a consumer stands in one of its partitions. Confined to the consumer's thread. */
final class Place {

    /** The first offset that is not applied; -1 while it is not known. */
    private long next = -1;

    /** Records below it were delivered before the sink was rewound. */
    private long replayUntil;

    private int rewinds;
    /** Up to where records are known to be missing for a harmless reason. */
    private long gapTo;

    private final HeldKeys heldKeys = new HeldKeys();
    private final LetterPauses letters = new LetterPauses();
    private int failures;
    private long heldUntil;
    private boolean held;
    private boolean shut;

    boolean known() {
        return next >= 0;
    }

    long next() {
        return next;
    }

    void next(long offset) {
        next = offset;
    }

    /** Takes what is stored. */
    void stand(long offset, long replays, int rewound) {
        next = offset;
        replayUntil = replays;
        rewinds = rewound;
    }

    long replayUntil() {
        return replayUntil;
    }

    /** Tells whether the consumer has gone past the next offset without a record, once for each place that it went to. */
    boolean jumped(long position) {
        if (position <= next || position == gapTo) {
            return false;
        }
        gapTo = position;
        return true;
    }

    /** Tells whether a person moved the stored offset since it was read. */
    boolean rewound(int now) {
        return known() && now > rewinds;
    }

    HeldKeys heldKeys() {
        return heldKeys;
    }

    LetterPauses letters() {
        return letters;
    }

    /** Forgets the offset: what is stored is the truth. */
    void forget() {
        next = -1;
    }

    /** Holds the partition back after a fault, longer each time. */
    void hold(Backoff backoff, @Nullable Duration fixed) {
        failures++;
        held = true;
        heldUntil = System.nanoTime() + (fixed == null ? backoff.after(failures) : fixed).toNanos();
    }

    boolean held() {
        if (held && System.nanoTime() - heldUntil >= 0) {
            held = false;
        }
        return held;
    }

    /** Tells whether it was held since something last succeeded. */
    boolean failing() {
        return failures > 0;
    }

    void succeeded() {
        failures = 0;
    }

    /**
     * Notes whether people or a FAILED binding keep the partition shut.
     *
     * @return whether it was just opened
     */
    boolean opened(boolean open) {
        boolean opened = open && shut;
        shut = !open;
        return opened;
    }
}
