package io.millrace.sync.deadletter;

/**
 * What is missing in what a sink holds of a row: changes that it was not given, and that no whole newer state has made good. What lacks
 * values behind them cannot be completed from what is held: it would be a row that never was.
 *
 * @param first the version of the first of them
 * @param last the version of the last
 */
public record Gap(long first, long last) {

    /** A single change. */
    public static Gap at(long version) {
        return new Gap(version, version);
    }

    /** Returns both as one. */
    public Gap and(Gap other) {
        return new Gap(Math.min(first, other.first), Math.max(last, other.last));
    }

    /** Tells whether a change in this version was made to a state that is not held. */
    public boolean isBefore(long version) {
        return first < version;
    }

    /** Tells whether a whole state in this version has all that is missing. */
    public boolean isMadeGoodBy(long version) {
        return last <= version;
    }
}
