package io.millrace.catalog.shaping;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Points in time as CEL has them: years 1 to 9999, UTC. What lies beyond, infinity included, stands at the border of its side, where it
 * compares rightly with everything within; written again, the borders are infinite.
 */
final class Moments {

    static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");

    private static final DateTimeFormatter MICROSECONDS = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private Moments() {}

    /** Reads the canonical form of a timestamptz, of a timestamp (taken for UTC) or of a date (its first moment in UTC). */
    static Instant parse(String text) {
        if (text.startsWith("-") || text.endsWith("BC")) {
            return FIRST;
        }
        // infinity, or a year of more than four digits
        if (text.indexOf('-') != 4) {
            return LAST;
        }
        try {
            if (text.indexOf('T') < 0) {
                return LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC);
            }
            return text.endsWith("Z")
                    ? Instant.parse(text)
                    : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("Not a point in time in canonical form", e);
        }
    }

    /** Returns the canonical form of a timestamptz. */
    static String format(Instant moment) {
        if (!moment.isBefore(LAST)) {
            return "infinity";
        }
        return moment.isAfter(FIRST) ? MICROSECONDS.format(moment) : "-infinity";
    }
}
