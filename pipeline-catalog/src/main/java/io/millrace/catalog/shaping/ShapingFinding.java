package io.millrace.catalog.shaping;

import com.fasterxml.jackson.annotation.JsonIgnore;
import org.jspecify.annotations.Nullable;

/**
 * Something about a declared shaping that people should know.
 *
 * @param severity whether it can be saved nonetheless
 * @param at where: {@code filter}, {@code only}, {@code names.email}, {@code masks.email}, {@code computed.0.expression}
 * @param line in an expression, from 1; else null
 * @param column in that line, from 1; else null
 * @param problem what is wrong and what to do
 */
public record ShapingFinding(
        Severity severity,
        String at,
        @Nullable Integer line,
        @Nullable Integer column,
        String problem) {

    /** Whether a finding stands in the way. */
    public enum Severity {
        ERROR,
        WARNING
    }

    static ShapingFinding error(String at, String problem) {
        return new ShapingFinding(Severity.ERROR, at, null, null, problem);
    }

    static ShapingFinding warning(String at, String problem) {
        return new ShapingFinding(Severity.WARNING, at, null, null, problem);
    }

    @JsonIgnore
    public boolean isError() {
        return severity == Severity.ERROR;
    }
}
