package io.millrace.admin.deadletters;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A record that a sink refused, or that waits behind one.
 *
 * @param offset of the record; negative for one of a topic that was made anew since, in their order
 * @param key of the row, JSON text; null where the record holds none
 * @param cause in a sentence
 * @param detail where it was refused, a stack trace; null where the sink's service named the record
 * @param payload the record's value as text, up to 256 KiB; null in lists, and where it cannot be masked
 * @param masked the columns whose values are masked in it
 * @param occurrences how often the same record was refused
 * @param decidedBy who asked for the retry or discarded it
 * @param reason of the discard, or what took its place
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
        @Nullable String payload,
        List<String> masked,
        String state,
        Instant firstAttemptAt,
        Instant lastAttemptAt,
        int occurrences,
        @Nullable String decidedBy,
        @Nullable Instant decidedAt,
        @Nullable String reason) {

    /** Returns the table's name, or the topic where it is not known. */
    public String where() {
        return table == null ? topic : source + "." + schema + "." + table;
    }

    /** Returns the colour of its state. */
    public String tone() {
        return switch (state) {
            case "OPEN" -> "bad";
            case "WAITING" -> "warn";
            case "RETRYING" -> "run";
            case "RETRIED", "SUPERSEDED" -> "ok";
            default -> "idle";
        };
    }

    public String word() {
        return state.toLowerCase(Locale.ROOT);
    }

    /** Returns what its state means, in a sentence. */
    public String meaning() {
        return switch (state) {
            case "OPEN" -> "The sink refused it. Retry it once the cause is mended, or discard it.";
            case "WAITING" -> "It follows by itself once the earlier change of its row is retried or discarded.";
            case "RETRYING" ->
                "It is given to the sink within a second, if the table's delivery there is active, and again until that takes or"
                        + " refuses it. Discard it to give it up.";
            case "RETRIED" -> "The sink took it later, or holds a newer state of the row.";
            case "SUPERSEDED" -> "A newer state of the row took its place.";
            default -> "It was discarded and is not in the sink.";
        };
    }

    public boolean retryable() {
        return state.equals("OPEN");
    }

    public boolean discardable() {
        return state.equals("OPEN") || state.equals("WAITING") || state.equals("RETRYING");
    }
}
