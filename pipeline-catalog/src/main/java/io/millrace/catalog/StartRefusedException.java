package io.millrace.catalog;

import org.jspecify.annotations.Nullable;

/**
 * An app cannot start as it is configured. The message is what is wrong and what to do, for a person, without secrets; it replaces the
 * stack trace.
 */
public final class StartRefusedException extends RuntimeException {

    private final String problem;
    private final String action;

    /**
     * @param problem what is wrong and where, a sentence
     * @param action what to do, a sentence
     */
    public StartRefusedException(String problem, String action, @Nullable Throwable cause) {
        super(problem + " " + action, cause);
        this.problem = problem;
        this.action = action;
    }

    /** Returns what is wrong. */
    public String problem() {
        return problem;
    }

    /** Returns what to do. */
    public String action() {
        return action;
    }
}
