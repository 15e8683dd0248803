package io.millrace.sync.deadletter;

import io.millrace.catalog.FormerLetters;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/** Puts records that are to be kept into the table {@code dead_letter}. */
final class LetterIntake {

    private static final int PAYLOAD_LIMIT = 256 * 1024;

    /** Of a letter {@code d}: that the sink's stored offset has not passed its record. */
    private static final String NOT_PASSED = """
            NOT EXISTS (SELECT FROM millrace.delivery_offset o
                        WHERE o.sink = ? AND o.topic = ? AND o.partition = ? AND o.next_offset > ?)
            """;

    /**
     * What a record becomes that is kept already: attempted and refused again, it is open, unless a person discarded it; waiting for
     * another, it stays what it is. What is shown of it is always what came last: it may be masked by now. Of values that are masked by a
     * newer declaration than the worker knows, nothing is shown. Not kept is what the stored offset has passed, and what finds another
     * record's letter in its place: {@link #OTHER}.
     */
    private static final String KEEP = Said.SQL + """
            INSERT INTO millrace.dead_letter AS d
                (sink, topic, partition, record_offset, source, schema_name, table_name, key, key_hash, event_id, row_version,
                 category, cause, said_under, detail, payload, masks, letter_offset, state)
            SELECT ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?,
                   ?, said.words, said.under, ?, CASE WHEN ?::jsonb @> said.masks THEN ?::text END, ?::jsonb || said.masks, ?, ?
            FROM said
            WHERE %s
            ON CONFLICT (sink, topic, partition, record_offset) DO UPDATE
            SET occurrences = d.occurrences + CASE WHEN excluded.state = 'OPEN' THEN 1 ELSE 0 END,
                last_attempt_at = CASE WHEN excluded.state = 'OPEN' THEN now() ELSE d.last_attempt_at END,
                category = CASE WHEN excluded.state = 'OPEN' THEN excluded.category ELSE d.category END,
                cause = CASE WHEN excluded.state = 'OPEN' THEN excluded.cause ELSE d.cause END,
                said_under = CASE WHEN excluded.state = 'OPEN' THEN excluded.said_under ELSE d.said_under END,
                detail = CASE WHEN excluded.state = 'OPEN' THEN excluded.detail ELSE d.detail END,
                payload = excluded.payload,
                masks = excluded.masks,
                letter_offset = excluded.letter_offset,
                state = CASE WHEN d.state = 'DISCARDED' THEN d.state
                             WHEN excluded.state = 'OPEN' THEN 'OPEN'
                             WHEN d.state IN ('OPEN', 'RETRYING') THEN d.state
                             ELSE excluded.state END
            WHERE d.event_id IS NOT DISTINCT FROM excluded.event_id
              AND (d.event_id IS NOT NULL OR (d.masks = excluded.masks AND d.payload <> excluded.payload) IS NOT TRUE)
            """.formatted(NOT_PASSED);

    /**
     * The offset is that of another record, in a topic that was made anew since that letter was kept. Records that are no events are told
     * apart by what is shown of them.
     */
    private static final String OTHER = """
            SELECT d.id FROM millrace.dead_letter d
            WHERE d.sink = ? AND d.topic = ? AND d.partition = ? AND d.record_offset = ?
              AND (d.event_id IS DISTINCT FROM ? OR d.event_id IS NULL AND d.masks = ?::jsonb AND d.payload <> ?)
              AND
            """ + NOT_PASSED;

    private final JdbcTemplate jdbc;
    private final FormerLetters former;

    LetterIntake(JdbcTemplate jdbc, FormerLetters former) {
        this.jdbc = jdbc;
        this.former = former;
    }

    /** A letter, and where its copy stands in the topic of dead letters. */
    private record Copied(DeadLetter letter, long offset) {}

    /** Returns whether all were kept. */
    boolean keep(String sink, List<DeadLetter> letters, List<Long> letterOffsets) {
        List<Copied> left = insert(
                sink,
                IntStream.range(0, letters.size())
                        .mapToObj(i -> new Copied(letters.get(i), letterOffsets.get(i)))
                        .toList());
        if (left.isEmpty()) {
            return true;
        }
        makeWay(sink, left);
        return insert(sink, left).isEmpty();
    }

    /** Returns those that were not kept. */
    private List<Copied> insert(String sink, List<Copied> letters) {
        int[] counts = jdbc.batchUpdate(
                KEEP,
                letters.stream()
                        .map(one -> parameters(sink, one.letter(), one.offset()))
                        .toList());
        return IntStream.range(0, counts.length)
                .filter(i -> counts[i] == 0)
                .mapToObj(letters::get)
                .toList();
    }

    /** Whatever was kept up to a letter of another record is of the former topic, as that is. */
    private void makeWay(String sink, List<Copied> left) {
        Map<TopicPartitionId, Long> last = new HashMap<>();
        for (Copied one : left) {
            DeadLetter letter = one.letter();
            ChangeEvent event = letter.event();
            TopicPartitionId partition = new TopicPartitionId(
                    letter.record().topic(), letter.record().partition());
            long offset = letter.record().offset();
            jdbc.query(
                    OTHER,
                    row -> {
                        last.merge(partition, row.getLong(1), Math::max);
                    },
                    sink,
                    partition.topic(),
                    partition.partition(),
                    offset,
                    event == null ? null : event.eventId(),
                    letter.masks(),
                    payload(letter.record().value()),
                    sink,
                    partition.topic(),
                    partition.partition(),
                    offset);
        }
        last.forEach((partition, id) -> former.setApart(sink, partition, id));
    }

    private static @Nullable Object[] parameters(String sink, DeadLetter letter, long letterOffset) {
        ChangeEvent event = letter.event();
        RowKey key = event == null ? null : event.key();
        String topic = letter.record().topic();
        int partition = letter.record().partition();
        long offset = letter.record().offset();
        boolean behind = letter.category() == DeadLetter.Category.BEHIND;
        Said said = new Said(sink, topic, letter.cause(), behind ? null : letter.masks());
        return said.parameters(
                sink,
                topic,
                partition,
                offset,
                letter.source(),
                letter.table().schema(),
                letter.table().table(),
                key == null ? null : key.json().replace("\\u0000", "\\ufffd"),
                letter.keyHash(),
                event == null ? null : event.eventId(),
                event == null ? null : (Long) event.rowVersion(),
                letter.category().name(),
                letter.stack(),
                letter.masks(),
                payload(letter.record().value()),
                letter.masks(),
                letterOffset,
                behind ? "WAITING" : "OPEN",
                sink,
                topic,
                partition,
                offset);
    }

    /** For people to read; whole, byte by byte, it is in the topic. */
    private static @Nullable String payload(byte @Nullable [] value) {
        return value == null
                ? null
                : new String(Arrays.copyOf(value, Math.min(value.length, PAYLOAD_LIMIT)), StandardCharsets.UTF_8)
                        .replace('\0', ' ');
    }
}
