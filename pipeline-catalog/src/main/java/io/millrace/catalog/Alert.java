package io.millrace.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that needs a person, told until it is over.
 *
 * @param name what it is about in general; one of {@link AlertName}, or another feature's own
 * @param subject what it is about in particular; with the name it tells alerts apart
 * @param source whose it is; null where it concerns no source
 * @param tableId which registered table; null where it concerns none
 * @param sink which sink; null where it concerns none
 * @param message what is wrong and where, a sentence
 * @param wayOut what to do, a sentence
 * @param occurrences how often it was raised since {@code raisedAt}
 * @param resolvedAt null while it is open
 * @param resolvedBy who closed it; null where it passed by itself
 */
public record Alert(
        long id,
        String name,
        Severity severity,
        String subject,
        @Nullable String source,
        @Nullable Long tableId,
        @Nullable String sink,
        String message,
        String wayOut,
        int occurrences,
        Instant raisedAt,
        Instant lastRaisedAt,
        @Nullable Instant resolvedAt,
        @Nullable String resolvedBy) {

    /** How much depends on it. */
    public enum Severity {
        /** Nothing is lost or stale; something will be, or is less than it could be. */
        WARNING,
        /** A sink is behind, or holds what the source does not, until somebody acts. */
        CRITICAL
    }
}
