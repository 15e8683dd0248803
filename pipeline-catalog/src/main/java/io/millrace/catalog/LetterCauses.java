package io.millrace.catalog;

/** Causes of dead letters that are Millrace's own words: they quote no values, and so may be shown whatever is masked. */
public final class LetterCauses {

    /** Why a change is kept that could be written. */
    public static final String BEHIND =
            "An earlier change of this row is a dead letter: this one follows when that is retried or discarded.";

    /** Stands for what was said of values that are masked in the letter. */
    public static final String UNSAID =
            "Not shown: the words may quote values of columns that are masked here." + " Retried, it is said anew.";

    private LetterCauses() {}
}
