package io.millrace.sync.sink.webhook;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the header {@code Retry-After} (RFC 9110, section 10.2.3): seconds, or a date. */
final class RetryAfter {

    private RetryAfter() {}

    /**
     * Returns how long to wait; empty where the header is absent, unreadable or past.
     *
     * @param most what is waited at most, whatever the receiver says: a slip of its hand must not stop the flow for a year
     */
    static Optional<Duration> read(@Nullable String header, Instant now, Duration most) {
        if (header == null) {
            return Optional.empty();
        }
        return wait(header.strip(), now)
                .filter(wait -> !wait.isNegative() && !wait.isZero())
                .map(wait -> wait.compareTo(most) > 0 ? most : wait);
    }

    private static Optional<Duration> wait(String text, Instant now) {
        try {
            if (!text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
                // more digits than fit are more than anyone waits
                return Optional.of(Duration.ofSeconds(text.length() > 9 ? 999_999_999 : Long.parseLong(text)));
            }
            return Optional.of(Duration.between(now, ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
