package io.millrace.admin.deadletters;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A record that a sink refused.
 *
 * @param key of the row, JSON text; null where the record holds none
 * @param cause in a sentence
 * @param occurrences how often the same record was refused
 */
record DeadLetter(
        long id,
        String sink,
        String topic,
        int partition,
        long offset,
        @Nullable String source,
        @Nullable String schema,
        @Nullable String table,
        @Nullable String key,
        @Nullable String eventId,
        String category,
        String cause,
        @Nullable String detail,
        String state,
        Instant firstAttemptAt,
        Instant lastAttemptAt,
        int occurrences) {

    /** Returns the table's name, or the topic where it is not known. */
    public String where() {
        return table == null ? topic : source + "." + schema + "." + table;
    }

    /** Returns the colour of its state. */
    public String tone() {
        return switch (state) {
            case "OPEN" -> "bad";
            case "RETRIED" -> "ok";
            default -> "idle";
        };
    }
}
