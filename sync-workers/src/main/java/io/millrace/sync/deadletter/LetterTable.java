package io.millrace.sync.deadletter;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/** What workers do with the letters in the table {@code dead_letter}. */
final class LetterTable {

    private static final String UNSETTLED = "state IN ('OPEN', 'WAITING', 'RETRYING')";
    private static final String GAP = "state = 'DISCARDED' AND NOT made_good";
    private static final String OF_PARTITION = " WHERE sink = ? AND topic = ? AND partition = ? ";

    private static final String STANDING = """
            WITH live AS (
                SELECT sink, topic, partition, state, record_offset, key_hash,
                       min(record_offset) FILTER (WHERE state = 'OPEN') OVER (PARTITION BY sink, topic, partition, key_hash) AS open_at
                FROM millrace.dead_letter WHERE state IN ('OPEN', 'WAITING', 'RETRYING'))
            SELECT sink, topic, partition, count(*) AS letters,
                   bool_or(state = 'RETRYING'
                           OR state = 'WAITING' AND (key_hash IS NULL OR open_at IS NULL OR open_at > record_offset)) AS due
            FROM live GROUP BY sink, topic, partition
            """;

    /** A record that names no row has none before it. */
    private static final String BEHIND_OPEN = """
            EXISTS (
                  SELECT FROM millrace.dead_letter e
                  WHERE e.sink = d.sink AND e.topic = d.topic AND e.partition = d.partition AND e.key_hash = d.key_hash
                    AND e.record_offset < d.record_offset AND e.state = 'OPEN')""";

    private static final String DUE = """
            SELECT d.* FROM millrace.dead_letter d
            WHERE d.sink = ? AND d.topic = ? AND d.partition = ? AND d.record_offset < ? AND d.state IN ('RETRYING', 'WAITING')
              AND d.id <> ALL (?) AND (d.key_hash IS NULL OR d.key_hash <> ALL (?))
              AND (d.state = 'RETRYING' AND NOT ? OR NOT %s)
            ORDER BY d.record_offset LIMIT ?
            """.formatted(BEHIND_OPEN);

    /** So a person sees why it is not given again; it is, by itself, once nothing is open before it. */
    private static final String SET_BACK = "UPDATE millrace.dead_letter d SET state = 'WAITING'" + OF_PARTITION
            + "AND state = 'RETRYING' AND " + BEHIND_OPEN;

    /** What is not settled is settled by that; what was discarded stays so, and is made good. */
    private static final String SUPERSEDE = "UPDATE millrace.dead_letter SET made_good = (state = 'DISCARDED'),"
            + " decided_at = CASE state WHEN 'DISCARDED' THEN decided_at ELSE now() END,"
            + " reason = CASE state WHEN 'DISCARDED' THEN reason ELSE ? END,"
            + " state = CASE state WHEN 'DISCARDED' THEN state ELSE 'SUPERSEDED' END"
            + OF_PARTITION + "AND (" + UNSETTLED + " OR " + GAP + ") AND (?::bigint IS NULL OR key_hash = ?)"
            + " AND CASE WHEN row_version IS NULL THEN record_offset < ? ELSE row_version <= ? END";

    private final JdbcTemplate jdbc;

    LetterTable(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    long unsettledRows(String sink, TopicPartition partition) {
        return Objects.requireNonNull(jdbc.queryForObject(
                "SELECT count(DISTINCT key_hash) + count(*) FILTER (WHERE key_hash IS NULL) FROM millrace.dead_letter"
                        + OF_PARTITION + "AND " + UNSETTLED,
                Long.class,
                sink,
                partition.topic(),
                partition.partition()));
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
            String sink,
            TopicPartition partition,
            long below,
            Set<Long> except,
            Set<Long> exceptRows,
            boolean inOrder,
            int limit) {
        if (inOrder) {
            jdbc.update(SET_BACK, sink, partition.topic(), partition.partition());
        }
        return jdbc.query(
                DUE,
                LetterTable::letter,
                sink,
                partition.topic(),
                partition.partition(),
                below,
                except.toArray(Long[]::new),
                exceptRows.toArray(Long[]::new),
                inOrder,
                limit);
    }

    boolean begin(long id) {
        return jdbc.update(
                        "UPDATE millrace.dead_letter SET state = 'RETRYING', last_attempt_at = now()"
                                + " WHERE id = ? AND state IN ('RETRYING', 'WAITING')",
                        id)
                == 1;
    }

    String later(KeptLetter letter, String cause, @Nullable String masks) {
        return Objects.requireNonNull(jdbc.queryForObject(
                Said.SQL
                        + ", noted AS (UPDATE millrace.dead_letter"
                        + " SET cause = said.words, said_under = said.under, last_attempt_at = now()"
                        + " FROM said WHERE id = ? AND state = 'RETRYING') SELECT words FROM said",
                String.class,
                said(letter, cause, masks).parameters(letter.id())));
    }

    private static Said said(KeptLetter letter, String cause, @Nullable String masks) {
        return new Said(letter.sink(), letter.partition().topic(), cause, masks);
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
    void refused(KeptLetter letter, String cause, @Nullable String stack, @Nullable String masks) {
        jdbc.update(
                Said.SQL
                        + "UPDATE millrace.dead_letter SET state = 'OPEN', category = 'REJECTED', cause = said.words,"
                        + " said_under = said.under, detail = coalesce(?, detail), occurrences = occurrences + 1, last_attempt_at = now()"
                        + " FROM said WHERE id = ? AND " + UNSETTLED,
                said(letter, cause, masks).parameters(stack, letter.id()));
    }

    int superseded(
            String sink, TopicPartition partition, @Nullable Long keyHash, long version, long offset, String eventId) {
        return jdbc.update(
                SUPERSEDE,
                "The newer state " + eventId + " took its place.",
                sink,
                partition.topic(),
                partition.partition(),
                keyHash,
                keyHash,
                offset,
                version);
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

    long lastDiscarded(String sink, TopicPartition partition) {
        return Objects.requireNonNull(jdbc.queryForObject(
                "SELECT coalesce(max(record_offset), -1) FROM millrace.dead_letter" + OF_PARTITION
                        + "AND state = 'DISCARDED' AND event_id IS NOT NULL",
                Long.class,
                sink,
                partition.topic(),
                partition.partition()));
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
