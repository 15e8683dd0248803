package io.millrace.catalog.rebuild;

/** What a person asks of a rebuild that is under way. */
public enum RebuildWish {
    /** Give it up; readers see what they saw. */
    CANCEL,
    /** Go on in spite of the differences found, unless there are more of them by now. */
    ACCEPT,
    /** Put the old one back. */
    ROLL_BACK,
    /** Remove the old one now. */
    FINISH
}
