package io.millrace.sync.deadletter;

import io.millrace.catalog.LetterCauses;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/** The table {@code dead_letter}, as workers use it. */
final class LetterTable {

    private static final int PAYLOAD_LIMIT = 256 * 1024;
    private static final String UNSETTLED = "state IN ('OPEN', 'WAITING', 'RETRYING')";
    private static final String GAP = "state = 'DISCARDED' AND NOT made_good";
    private static final String OF_PARTITION = " WHERE sink = ? AND topic = ? AND partition = ? ";

    /**
     * What a record becomes that is kept already: attempted and refused again, it is open, unless a person discarded it; waiting for
     * another, it stays what it is. What is shown of it is always what came last: it may be masked by now. Not kept is what the stored
     * offset has passed.
     */
    private static final String KEEP = """
            INSERT INTO millrace.dead_letter AS d
                (sink, topic, partition, record_offset, source, schema_name, table_name, key, key_hash, event_id, row_version,
                 category, cause, detail, payload, masks, letter_offset, state)
            SELECT ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?
            WHERE NOT EXISTS (SELECT FROM millrace.delivery_offset o
                              WHERE o.sink = ? AND o.topic = ? AND o.partition = ? AND o.next_offset > ?)
            ON CONFLICT (sink, topic, partition, record_offset) DO UPDATE
            SET occurrences = d.occurrences + CASE WHEN excluded.state = 'OPEN' THEN 1 ELSE 0 END,
                last_attempt_at = CASE WHEN excluded.state = 'OPEN' THEN now() ELSE d.last_attempt_at END,
                category = CASE WHEN excluded.state = 'OPEN' THEN excluded.category ELSE d.category END,
                cause = CASE WHEN excluded.state = 'OPEN' OR d.masks IS DISTINCT FROM excluded.masks
                             THEN excluded.cause ELSE d.cause END,
                detail = CASE WHEN excluded.state = 'OPEN' THEN excluded.detail ELSE d.detail END,
                payload = excluded.payload,
                masks = excluded.masks,
                letter_offset = excluded.letter_offset,
                state = CASE WHEN d.state = 'DISCARDED' THEN d.state
                             WHEN excluded.state = 'OPEN' THEN 'OPEN'
                             WHEN d.state IN ('OPEN', 'RETRYING') THEN d.state
                             ELSE excluded.state END
            """;

    /**
     * Makes way: the offset is that of another record, in a topic that was made anew, and so whatever was kept before is of the former topic
     * too. All of that gets negative offsets in its order, below those that any of it still has. Records that are no events are told apart by
     * what is shown of them.
     */
    private static final String SET_APART = """
            WITH other AS (
                SELECT max(d.id) AS id, d.sink, d.topic, d.partition
                FROM unnest(?::text[], ?::int[], ?::bigint[], ?::text[], ?::text[], ?::text[])
                     AS n (topic, part, record_offset, event_id, masks, payload)
                JOIN millrace.dead_letter d
                  ON d.sink = ? AND d.topic = n.topic AND d.partition = n.part AND d.record_offset = n.record_offset
                WHERE (d.event_id IS DISTINCT FROM n.event_id
                       OR d.event_id IS NULL AND d.masks = n.masks::jsonb AND d.payload <> n.payload)
                  AND NOT EXISTS (SELECT FROM millrace.delivery_offset o
                                  WHERE o.sink = d.sink AND o.topic = d.topic AND o.partition = d.partition
                                    AND o.next_offset > d.record_offset)
                GROUP BY d.sink, d.topic, d.partition),
            former AS (
                SELECT f.id,
                       least(min(f.record_offset) OVER (PARTITION BY f.topic, f.partition), 0)
                       - row_number() OVER (PARTITION BY f.topic, f.partition ORDER BY f.record_offset DESC) AS place
                FROM millrace.dead_letter f
                JOIN other ON f.sink = other.sink AND f.topic = other.topic AND f.partition = other.partition
                WHERE f.record_offset < 0 OR f.id <= other.id)
            UPDATE millrace.dead_letter d SET record_offset = former.place FROM former WHERE d.id = former.id
            """;

    /**
     * Of what was said of a letter that is on its way. It may have been masked since it set out, and counts as masked then: nobody looks
     * at it again.
     */
    private static final String CAUSE = "cause = CASE WHEN coalesce(?::jsonb @> masks, true) THEN ? ELSE ? END";

    private static final String STANDING = """
            WITH live AS (
                SELECT sink, topic, partition, state, record_offset, key_hash,
                       min(record_offset) FILTER (WHERE state = 'OPEN') OVER (PARTITION BY sink, topic, partition, key_hash) AS open_at
                FROM millrace.dead_letter WHERE state IN ('OPEN', 'WAITING', 'RETRYING'))
            SELECT sink, topic, partition, count(*) AS letters,
                   bool_or(state = 'RETRYING' OR state = 'WAITING' AND (open_at IS NULL OR open_at > record_offset)) AS due
            FROM live GROUP BY sink, topic, partition
            """;

    private static final String DUE = """
            SELECT d.* FROM millrace.dead_letter d
            WHERE d.sink = ? AND d.topic = ? AND d.partition = ? AND d.record_offset < ? AND d.state IN ('RETRYING', 'WAITING')
              AND d.id <> ALL (?) AND (d.key_hash IS NULL OR d.key_hash <> ALL (?))
              AND (d.state = 'RETRYING' OR NOT EXISTS (
                  SELECT FROM millrace.dead_letter e
                  WHERE e.sink = d.sink AND e.topic = d.topic AND e.partition = d.partition AND e.key_hash = d.key_hash
                    AND e.record_offset < d.record_offset AND e.state = 'OPEN'))
            ORDER BY d.record_offset LIMIT ?
            """;

    private final JdbcTemplate jdbc;

    LetterTable(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** Returns whether all were kept. */
    boolean keep(String sink, List<DeadLetter> letters, List<Long> letterOffsets) {
        List<@Nullable Object[]> rows = new ArrayList<>(letters.size());
        for (int i = 0; i < letters.size(); i++) {
            rows.add(parameters(sink, letters.get(i), letterOffsets.get(i)));
        }
        setApart(sink, letters);
        return Arrays.stream(jdbc.batchUpdate(KEEP, rows)).noneMatch(count -> count == 0);
    }

    private void setApart(String sink, List<DeadLetter> letters) {
        int count = letters.size();
        String[] topics = new String[count];
        Integer[] partitions = new Integer[count];
        Long[] offsets = new Long[count];
        @Nullable String[] events = new @Nullable String[count];
        String[] masks = new String[count];
        @Nullable String[] payloads = new @Nullable String[count];
        for (int i = 0; i < count; i++) {
            DeadLetter letter = letters.get(i);
            ChangeEvent event = letter.event();
            topics[i] = letter.record().topic();
            partitions[i] = letter.record().partition();
            offsets[i] = letter.record().offset();
            events[i] = event == null ? null : event.eventId();
            masks[i] = letter.masks();
            payloads[i] = event == null ? payload(letter.record().value()) : null;
        }
        jdbc.update(SET_APART, topics, partitions, offsets, events, masks, payloads, sink);
    }

    private static @Nullable Object[] parameters(String sink, DeadLetter letter, long letterOffset) {
        ChangeEvent event = letter.event();
        RowKey key = event == null ? null : event.key();
        String topic = letter.record().topic();
        int partition = letter.record().partition();
        long offset = letter.record().offset();
        return new @Nullable Object[] {
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
            letter.cause().replace('\0', ' '),
            letter.stack(),
            payload(letter.record().value()),
            letter.masks(),
            letterOffset,
            letter.category() == DeadLetter.Category.BEHIND ? "WAITING" : "OPEN",
            sink,
            topic,
            partition,
            offset
        };
    }

    /** For people to read; whole, byte by byte, it is in the topic. */
    private static @Nullable String payload(byte @Nullable [] value) {
        return value == null
                ? null
                : new String(Arrays.copyOf(value, Math.min(value.length, PAYLOAD_LIMIT)), StandardCharsets.UTF_8)
                        .replace('\0', ' ');
    }

    Map<Long, Long> unsettled(String sink, TopicPartition partition) {
        Map<Long, Long> first = new HashMap<>();
        jdbc.query(
                "SELECT key_hash, min(record_offset) FROM millrace.dead_letter" + OF_PARTITION + "AND " + UNSETTLED
                        + " AND key_hash IS NOT NULL GROUP BY key_hash",
                row -> {
                    first.put(row.getLong(1), row.getLong(2));
                },
                sink,
                partition.topic(),
                partition.partition());
        return first;
    }

    /** What is no event has no version: whatever comes of its row may stand behind it. */
    Map<Long, Gap> gaps(String sink, TopicPartition partition) {
        Map<Long, Gap> gaps = new HashMap<>();
        jdbc.query(
                "SELECT key_hash, min(coalesce(row_version, 0)), max(coalesce(row_version, 0)) FROM millrace.dead_letter"
                        + OF_PARTITION + "AND " + GAP + " AND key_hash IS NOT NULL GROUP BY key_hash",
                row -> {
                    gaps.put(row.getLong(1), new Gap(row.getLong(2), row.getLong(3)));
                },
                sink,
                partition.topic(),
                partition.partition());
        return gaps;
    }

    List<Standing> standing() {
        return jdbc.query(
                STANDING,
                (row, number) ->
                        new Standing(row.getString(1), partition(row), row.getLong("letters"), row.getBoolean("due")));
    }

    List<KeptLetter> due(
            String sink, TopicPartition partition, long below, Set<Long> except, Set<Long> exceptRows, int limit) {
        return jdbc.query(
                DUE,
                LetterTable::letter,
                sink,
                partition.topic(),
                partition.partition(),
                below,
                except.toArray(Long[]::new),
                exceptRows.toArray(Long[]::new),
                limit);
    }

    boolean begin(long id) {
        return jdbc.update(
                        "UPDATE millrace.dead_letter SET state = 'RETRYING', last_attempt_at = now()"
                                + " WHERE id = ? AND state IN ('RETRYING', 'WAITING')",
                        id)
                == 1;
    }

    void later(long id, String cause, @Nullable String masks) {
        jdbc.update(
                "UPDATE millrace.dead_letter SET " + CAUSE
                        + ", last_attempt_at = now() WHERE id = ? AND state = 'RETRYING'",
                masks,
                cause.replace('\0', ' '),
                LetterCauses.UNSAID,
                id);
    }

    /** Whoever discards it while it is on its way comes too late: that is said, for what is shown must be what is so. */
    void taken(long id) {
        jdbc.update(
                "UPDATE millrace.dead_letter SET state = 'RETRIED', last_attempt_at = now(),"
                        + " reason = CASE WHEN state = 'DISCARDED' THEN 'It was on its way when it was discarded, and was taken.'"
                        + " ELSE reason END WHERE id = ? AND (state = 'DISCARDED' OR "
                        + UNSETTLED + ")",
                id);
    }

    void passed(long id, @Nullable String reason) {
        jdbc.update(
                "UPDATE millrace.dead_letter SET state = 'RETRIED', last_attempt_at = now(), reason = coalesce(?, reason)"
                        + " WHERE id = ? AND " + UNSETTLED,
                reason,
                id);
    }

    /** The stack holds no messages, and so no values. */
    void refused(long id, String cause, @Nullable String stack, @Nullable String masks) {
        jdbc.update(
                "UPDATE millrace.dead_letter SET state = 'OPEN', category = 'REJECTED', " + CAUSE
                        + ", detail = coalesce(?, detail), occurrences = occurrences + 1, last_attempt_at = now() WHERE id = ? AND "
                        + UNSETTLED,
                masks,
                cause.replace('\0', ' '),
                LetterCauses.UNSAID,
                stack,
                id);
    }

    int superseded(
            String sink, TopicPartition partition, @Nullable Long keyHash, long version, long offset, String eventId) {
        String replaced = " AND (?::bigint IS NULL OR key_hash = ?)"
                + " AND CASE WHEN row_version IS NULL THEN record_offset < ? ELSE row_version <= ? END";
        int settled = jdbc.update(
                "UPDATE millrace.dead_letter SET state = 'SUPERSEDED', decided_at = now(), reason = ?" + OF_PARTITION
                        + "AND " + UNSETTLED + replaced,
                "The newer state " + eventId + " took its place.",
                sink,
                partition.topic(),
                partition.partition(),
                keyHash,
                keyHash,
                offset,
                version);
        int madeGood = jdbc.update(
                "UPDATE millrace.dead_letter SET made_good = true" + OF_PARTITION + "AND " + GAP + replaced,
                sink,
                partition.topic(),
                partition.partition(),
                keyHash,
                keyHash,
                offset,
                version);
        return settled + madeGood;
    }

    Map<Long, String> discarded(String sink, TopicPartition partition, long from, long to) {
        Map<Long, String> events = new HashMap<>();
        jdbc.query(
                "SELECT record_offset, event_id FROM millrace.dead_letter" + OF_PARTITION
                        + "AND state = 'DISCARDED' AND event_id IS NOT NULL AND record_offset >= ? AND record_offset < ?",
                row -> {
                    events.put(row.getLong(1), row.getString(2));
                },
                sink,
                partition.topic(),
                partition.partition(),
                from,
                to);
        return events;
    }

    private static TopicPartition partition(ResultSet row) throws SQLException {
        return new TopicPartition(row.getString("topic"), row.getInt("partition"));
    }

    private static KeptLetter letter(ResultSet row, int number) throws SQLException {
        return new KeptLetter(
                row.getLong("id"),
                row.getString("sink"),
                partition(row),
                row.getLong("record_offset"),
                (Long) row.getObject("letter_offset"),
                (Long) row.getObject("key_hash"),
                row.getString("event_id"));
    }
}
