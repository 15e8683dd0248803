package io.millrace.sync.deadletter;

import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/** The table and the topic together; the topic first, so that what the table shows is there. */
final class DeadLetterStore implements DeadLetters {

    private static final int PAYLOAD_LIMIT = 256 * 1024;

    private static final String UPSERT = """
            INSERT INTO millrace.dead_letter AS d
                (sink, topic, partition, record_offset, source, schema_name, table_name, key, event_id, category, cause, payload)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, 'REJECTED', ?, ?)
            ON CONFLICT (sink, topic, partition, record_offset) DO UPDATE
            SET occurrences = d.occurrences + 1, last_attempt_at = now(), cause = excluded.cause, state = 'OPEN'
            """;

    private final JdbcTemplate jdbc;
    private final DeadLetterTopics topics;

    DeadLetterStore(JdbcTemplate jdbc, DeadLetterTopics topics) {
        this.jdbc = jdbc;
        this.topics = topics;
    }

    @Override
    public void keep(String sink, List<DeadLetter> letters) {
        topics.send(sink, letters);
        jdbc.batchUpdate(
                UPSERT, letters.stream().map(letter -> parameters(sink, letter)).toList());
    }

    private static @Nullable Object[] parameters(String sink, DeadLetter letter) {
        ChangeEvent event = letter.event();
        RowKey key = event == null ? null : event.key();
        return new @Nullable Object[] {
            sink,
            letter.record().topic(),
            letter.record().partition(),
            letter.record().offset(),
            event == null ? null : event.source(),
            event == null ? null : event.table().schema(),
            event == null ? null : event.table().table(),
            key == null ? null : key.json().replace("\\u0000", "\\ufffd"),
            event == null ? null : event.eventId(),
            letter.cause().replace('\0', ' '),
            payload(letter.record().value())
        };
    }

    /** For people to read; whole, byte by byte, it is in the topic. */
    private static @Nullable String payload(byte @Nullable [] value) {
        return value == null
                ? null
                : new String(Arrays.copyOf(value, Math.min(value.length, PAYLOAD_LIMIT)), StandardCharsets.UTF_8)
                        .replace('\0', ' ');
    }
}
