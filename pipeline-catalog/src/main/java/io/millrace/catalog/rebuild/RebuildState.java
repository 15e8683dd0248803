package io.millrace.catalog.rebuild;

/** Where a rebuild stands. Each step can be repeated, so that a worker that takes over repeats the one it finds. */
public enum RebuildState {
    /** Asked for; nothing is done. */
    REQUESTED,
    /** The sink's notes are stored; the copy is being made, and every change goes to both from then on. */
    PREPARING,
    /** The copy is being filled. */
    FEEDING,
    /** The copy is compared with what readers see. */
    COMPARING,
    /** They differ in a way that a person must judge: accept or cancel. Of a rollback: cancelled, the new one stays. */
    DIFFERENT,
    /** The copy is taking the place of what readers see. */
    EXCHANGING,
    /** Readers see the new one; the old one is kept current for a rollback. */
    SWITCHED,
    /** The old one is being removed. */
    RETIRING,
    /** The old one is compared with what readers see before it takes its place again. */
    ROLLING_BACK,
    /** The old one is taking its place again, and what readers saw is being removed. */
    EXCHANGING_BACK,
    /** The copy is being removed, as a person asked. */
    CANCELLING,
    /** The copy is being removed after a fault that waiting does not mend. */
    FAILING,
    DONE,
    ROLLED_BACK,
    CANCELLED,
    FAILED;

    /** Tells whether nothing more happens. */
    public boolean isFinal() {
        return compareTo(DONE) >= 0;
    }

    /** Tells whether readers still see what they saw before, so that it can be given up without a trace. */
    public boolean isBeforeExchange() {
        return compareTo(EXCHANGING) < 0;
    }

    /** Tells whether it is decided what readers will see: what came before can be given up, this cannot. */
    boolean isExchange() {
        return this == EXCHANGING || this == EXCHANGING_BACK;
    }

    /** Tells whether a wish is taken up by this step, or comes too late for it. */
    boolean takesUpWish() {
        return compareTo(EXCHANGING) >= 0;
    }
}
