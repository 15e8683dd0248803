package io.millrace.capture.engine;

import io.millrace.catalog.SourceGap;

/** What the slot sends is not the history that was captured. */
final class HistoryDivergedException extends IllegalStateException {

    private final transient SourceGap.Finding gap;

    HistoryDivergedException(SourceGap.Finding gap) {
        super(gap.detail());
        this.gap = gap;
    }

    SourceGap.Finding gap() {
        return gap;
    }
}
