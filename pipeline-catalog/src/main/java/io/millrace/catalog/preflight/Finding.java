package io.millrace.catalog.preflight;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * One thing that stands in the way of capturing, or that a person should know before.
 *
 * @param severity whether it must be mended first
 * @param code stable and short, for scripts: {@code wal-level}, {@code no-identity} ...
 * @param problem what is wrong and where, a sentence or two
 * @param remedy what to do, a sentence; null where the SQL says it all
 * @param sql what a DBA can run as it stands, one or more statements each ending with a semicolon; null where SQL is not the way
 */
public record Finding(
        Severity severity,
        String code,
        String problem,
        @Nullable String remedy,
        @Nullable String sql) {

    /** How much a finding matters. */
    public enum Severity {
        /** Capturing would fail or break the application: refuse. */
        ERROR,
        /** Capturing works; this is what it does not do, or costs. */
        WARNING
    }

    static Finding error(String code, String problem, @Nullable String remedy, @Nullable String sql) {
        return new Finding(Severity.ERROR, code, problem, remedy, sql);
    }

    static Finding warning(String code, String problem, @Nullable String remedy, @Nullable String sql) {
        return new Finding(Severity.WARNING, code, problem, remedy, sql);
    }

    /** Returns whether it must be mended first. */
    public boolean isError() {
        return severity == Severity.ERROR;
    }

    /** Returns whether none of them is an error. */
    public static boolean pass(Collection<Finding> findings) {
        return findings.stream().noneMatch(Finding::isError);
    }

    /** Returns problem, remedy and SQL as one text. */
    public String text() {
        return problem + (remedy == null ? "" : " " + remedy) + (sql == null ? "" : " Run: " + sql);
    }
}
