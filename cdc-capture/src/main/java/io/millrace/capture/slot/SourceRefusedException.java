package io.millrace.capture.slot;

import io.millrace.catalog.SourceGap;
import org.jspecify.annotations.Nullable;

/** Capturing would lose changes, or cannot begin: a person must act. The message says what is wrong and what to do. */
public final class SourceRefusedException extends Exception {

    private final transient SourceGap.@Nullable Finding gap;

    public SourceRefusedException(String message) {
        super(message);
        this.gap = null;
    }

    /** Refuses because changes may be missing. */
    public SourceRefusedException(SourceGap.Finding gap) {
        super(gap.detail());
        this.gap = gap;
    }

    /** Returns what may be missing; null where nothing is. */
    public SourceGap.@Nullable Finding gap() {
        return gap;
    }
}
