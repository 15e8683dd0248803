package io.millrace.admin.web;

import io.millrace.event.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes numbers, sizes and times the way every page does. Immutable; one for each request, in the reader's time zone. */
public final class Format {

    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);
    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    private static final DateTimeFormatter FULL =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT);
    private static final String NOTHING = "–";

    private final ZoneId zone;
    private final Instant now;

    public Format(ZoneId zone, Instant now) {
        this.zone = zone;
        this.now = now;
    }

    public boolean utc() {
        return zone.equals(ZoneOffset.UTC);
    }

    public ZoneId zone() {
        return zone;
    }

    /** Returns the zone's name as it stands behind a time. */
    public String zoneName() {
        return utc() ? "UTC" : zone.getId();
    }

    /** Returns the time of day to the millisecond, with the date before it where that is not today. */
    public String clock(@Nullable Instant time) {
        if (time == null) {
            return NOTHING;
        }
        ZonedDateTime there = time.atZone(zone);
        boolean today = there.toLocalDate().equals(now.atZone(zone).toLocalDate());
        return (today ? "" : there.toLocalDate() + " ") + CLOCK.format(there);
    }

    /** Returns date and time to the second. */
    public String seconds(@Nullable Instant time) {
        return time == null ? NOTHING : SECONDS.format(time.atZone(zone));
    }

    /** Returns date and time to the microsecond. */
    public String full(@Nullable Instant time) {
        return time == null ? NOTHING : FULL.format(time.atZone(zone)) + " " + zoneName();
    }

    /** Returns the machine's form, for {@code <time datetime>}. */
    public String iso(@Nullable Instant time) {
        return time == null ? "" : time.toString();
    }

    /** Returns how long ago that was. */
    public String ago(@Nullable Instant time) {
        if (time == null) {
            return "never";
        }
        Duration age = Duration.between(time, now);
        return age.toMillis() < 1500 ? "just now" : span(age) + " ago";
    }

    /** Returns a time span in its largest one or two units. */
    public String span(Duration span) {
        long millis = Math.max(0, span.toMillis());
        if (millis < 1000) {
            return millis + " ms";
        }
        long seconds = millis / 1000;
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return seconds / 60 + " min" + (seconds < 600 && seconds % 60 > 0 ? " " + seconds % 60 + " s" : "");
        }
        if (seconds < 86_400) {
            return seconds / 3600 + " h" + (seconds % 3600 >= 60 ? " " + seconds % 3600 / 60 + " min" : "");
        }
        return seconds / 86_400 + " d" + (seconds % 86_400 >= 3600 ? " " + seconds % 86_400 / 3600 + " h" : "");
    }

    /** Returns seconds as a span; a dash where unknown. */
    public String lag(@Nullable Double seconds) {
        if (seconds == null) {
            return NOTHING;
        }
        return seconds == 0 ? "0 s" : span(Duration.ofMillis(Math.round(seconds * 1000)));
    }

    /** Returns a count with separators; a dash where unknown. */
    public String count(@Nullable Number number) {
        return number == null ? NOTHING : String.format(Locale.ROOT, "%,d", number.longValue());
    }

    /** Returns a rate: one decimal below ten. */
    public String rate(@Nullable Double perSecond) {
        if (perSecond == null) {
            return NOTHING;
        }
        return perSecond > 0 && perSecond < 9.95
                ? String.format(Locale.ROOT, "%.1f", perSecond)
                : count(Math.round(perSecond));
    }

    /** Returns a size in bytes with a unit; a dash where unknown. */
    public String bytes(@Nullable Number size) {
        if (size == null || size.longValue() < 0) {
            return NOTHING;
        }
        double value = size.longValue();
        String[] units = {"bytes", "kB", "MB", "GB", "TB", "PB"};
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 || value >= 100
                ? String.format(Locale.ROOT, "%,.0f %s", value, units[unit])
                : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }

    /** Returns "1 row", "2 rows". */
    public String plural(long number, String one, String many) {
        return count(number) + " " + (number == 1 ? one : many);
    }

    /** Returns what a {@code datetime-local} field takes: minutes in the reader's zone. */
    public String field(@Nullable Instant time) {
        return time == null
                ? ""
                : time.atZone(zone)
                        .toLocalDateTime()
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString();
    }

    /** Returns an LSN as PostgreSQL writes it. */
    public String lsn(long lsn) {
        return Lsn.format(lsn);
    }
}
