package io.millrace.sync.delivery;

import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Where a consumer stands in one of its partitions. Confined to the consumer's thread. */
final class Place {

    /** The first offset that is not applied; -1 while it is not known. */
    private long next = -1;

    /** Records below it were delivered before the sink was rewound. */
    private long replayUntil;

    private int rewinds;

    /** The topic that was there when the place was looked up, and when Kafka was asked, as {@link System#nanoTime}. */
    private @Nullable UUID topic;

    private long askedAt;
    /** Whether the offset counts in a former topic of that name. */
    private boolean former;

    /** Up to where records are known to be missing for a harmless reason. */
    private long gapTo;

    private final HeldKeys heldKeys = new HeldKeys();
    private final LetterPauses letters = new LetterPauses();
    private int failures;
    private long heldUntil;
    private boolean held;
    private boolean shut;
    private @Nullable String said;

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
        said = null;
    }

    /** Tells whether this was said of what stands here. */
    boolean hasSaid(String message) {
        return message.equals(said);
    }

    void said(String message) {
        said = message;
    }

    /**
     * Takes which topic is there.
     *
     * @param counted the topic that the stored offset counts in; null if that is not known
     * @param asked {@link System#nanoTime} of just before Kafka was asked
     */
    void topic(UUID now, @Nullable UUID counted, long asked) {
        topic = now;
        askedAt = asked;
        former = counted != null && !counted.equals(now);
    }

    /** Tells whether what is stored counts in a former topic, of which the present one knows nothing. */
    boolean isOfFormerTopic() {
        return former;
    }

    /** Tells whether the topic was made again since the place was looked up. */
    boolean isOutdated(String name, CurrentTopics topics) {
        return topic != null && topics.isAnother(name, topic, askedAt);
    }

    /** Tells whether records may be delivered, as far as the place is concerned. */
    boolean ready() {
        return known() && !held() && !former;
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

    int rewinds() {
        return rewinds;
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
