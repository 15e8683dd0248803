package io.millrace.sync.sink.elasticsearch;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/**
 * What Elasticsearch remembers of the deletes in the indexes of one table.
 *
 * @param started when it began to; {@link Instant#MIN} where nothing was ever forgotten, {@link Instant#MAX} where nobody can say
 * @param gcDeletes for how long; the least of the indexes
 */
record Remembered(Instant started, Duration gcDeletes) {

    /** Of an index that does not say: {@code IndexSettings.DEFAULT_GC_DELETES} of Elasticsearch. */
    static final Duration DEFAULT_GC_DELETES = Duration.ofSeconds(60);

    /**
     * Returns since when nothing was forgotten. Only half of the time is relied on: clocks differ, and a change is under way for a while.
     * A change that was captured later may be written: whatever deleted its row came behind it.
     */
    Instant since(Instant now) {
        return later(started, now.minus(gcDeletes.dividedBy(2)));
    }

    Remembered and(Remembered other) {
        return new Remembered(
                later(started, other.started), gcDeletes.compareTo(other.gcDeletes) < 0 ? gcDeletes : other.gcDeletes);
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    /**
     * Reads {@code index.gc_deletes} as an index has it, in Elasticsearch's time units; empty for an index that does not say. Zero for what
     * is no time: -1, which forgets at once, and whatever else comes.
     */
    static Duration gcDeletes(String setting) {
        String text = setting.trim();
        if (text.isEmpty()) {
            return DEFAULT_GC_DELETES;
        }
        int digits = 0;
        while (digits < text.length() && Character.isDigit(text.charAt(digits))) {
            digits++;
        }
        try {
            long number = Long.parseLong(text.substring(0, digits));
            return switch (text.substring(digits).trim().toLowerCase(Locale.ROOT)) {
                case "ms" -> Duration.ofMillis(number);
                case "s" -> Duration.ofSeconds(number);
                case "m" -> Duration.ofMinutes(number);
                case "h" -> Duration.ofHours(number);
                case "d" -> Duration.ofDays(number);
                default -> Duration.ZERO;
            };
        } catch (ArithmeticException | NumberFormatException e) {
            return Duration.ZERO;
        }
    }
}
