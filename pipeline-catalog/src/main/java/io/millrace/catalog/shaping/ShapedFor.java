package io.millrace.catalog.shaping;

import io.millrace.catalog.options.ElasticsearchOptions;
import io.millrace.catalog.options.RedisOptions;

/** What a sink makes of changes, and so what shaping can be for it, and what becomes of rows that cannot be shaped. */
public enum ShapedFor {
    /** The present state of each row: what cannot be shaped for want of a value is read again. */
    STATES,
    /** Each change is acted on once: one that cannot be shaped is a dead letter. */
    EFFECTS,
    /** Every change is kept: masks and a choice of columns, nothing else. */
    HISTORY;

    private static final String AUDIT = "audit";

    /** Returns what a sink of this name is; an unknown one is taken for the kind that is warned of most. */
    public static ShapedFor of(String sink) {
        return switch (sink) {
            case AUDIT -> HISTORY;
            case ElasticsearchOptions.SINK, RedisOptions.SINK -> STATES;
            default -> EFFECTS;
        };
    }
}
