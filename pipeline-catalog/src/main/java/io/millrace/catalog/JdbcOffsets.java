package io.millrace.catalog;

import io.millrace.event.Lsn;
import io.millrace.event.SourcePosition;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

final class JdbcOffsets implements Offsets {

    private static final String SELECT_CAPTURE = "SELECT * FROM millrace.capture_offset";
    private static final String SELECT_DELIVERY = "SELECT * FROM millrace.delivery_offset";
    private static final String ADVANCE_FENCED = """
            INSERT INTO millrace.delivery_offset AS d (sink, topic, partition, next_offset, last_position, committed_at, events, reached_offset)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (sink, topic, partition) DO UPDATE
            SET next_offset = excluded.next_offset,
                last_position = coalesce(excluded.last_position,
                                         CASE WHEN d.reached_offset = d.next_offset THEN d.last_position END),
                reached_offset = excluded.reached_offset,
                committed_at = coalesce(excluded.committed_at, d.committed_at),
                events = d.events + excluded.events,
                waiting_since = NULL, waiting_for = NULL, updated_at = now()
            WHERE d.next_offset = ? AND d.rewinds = ?
            """;

    private final JdbcClient client;
    private final JdbcTemplate batch;

    JdbcOffsets(JdbcTemplate template) {
        this.client = JdbcClient.create(template);
        this.batch = template;
    }

    @Override
    public Optional<CaptureOffset> capture(String source) {
        return client.sql(SELECT_CAPTURE + " WHERE source = ?")
                .param(source)
                .query(JdbcOffsets::captureOffset)
                .optional();
    }

    @Override
    public List<CaptureOffset> captures() {
        return client.sql(SELECT_CAPTURE + " ORDER BY source")
                .query(JdbcOffsets::captureOffset)
                .list();
    }

    @Override
    public void claim(String source, long generation) {
        client.sql("UPDATE millrace.capture_offset SET generation = ? WHERE source = ? AND generation < ?")
                .params(generation, source, generation)
                .update();
    }

    @Override
    public boolean store(CaptureOffset offset, long generation) {
        SourcePosition position = offset.position();
        int stored = client.sql("""
                INSERT INTO millrace.capture_offset AS c
                    (source, epoch, commit_lsn, ordinal, end_lsn, committed_at, system_identifier, timeline, events, generation)
                VALUES (?, ?, ?::pg_lsn, ?, ?::pg_lsn, ?, ?, ?, ?, ?)
                ON CONFLICT (source) DO UPDATE
                SET epoch = excluded.epoch, commit_lsn = excluded.commit_lsn, ordinal = excluded.ordinal,
                    end_lsn = excluded.end_lsn, committed_at = excluded.committed_at,
                    system_identifier = excluded.system_identifier, timeline = excluded.timeline,
                    events = excluded.events, generation = excluded.generation, updated_at = now()
                WHERE c.generation <= excluded.generation
                """)
                .params(Arrays.asList(
                        offset.source(),
                        offset.epoch(),
                        position == null ? null : Lsn.format(position.commitLsn()),
                        position == null ? null : position.ordinal(),
                        Lsn.format(offset.endLsn()),
                        timestamp(offset.committedAt()),
                        offset.systemIdentifier(),
                        offset.timeline(),
                        offset.events(),
                        generation))
                .update();
        return stored == 1;
    }

    @Override
    public List<DeliveryOffset> deliveries() {
        return client.sql(SELECT_DELIVERY + " ORDER BY sink, topic, partition")
                .query(JdbcOffsets::deliveryOffset)
                .list();
    }

    @Override
    public List<DeliveryOffset> deliveries(String sink) {
        return client.sql(SELECT_DELIVERY + " WHERE sink = ? ORDER BY topic, partition")
                .param(sink)
                .query(JdbcOffsets::deliveryOffset)
                .list();
    }

    @Override
    public List<DeliveryOffset> deliveriesOf(String topic) {
        return client.sql(SELECT_DELIVERY + " WHERE topic = ? ORDER BY sink, partition")
                .param(topic)
                .query(JdbcOffsets::deliveryOffset)
                .list();
    }

    @Override
    public Set<TopicPartitionId> advance(String sink, Collection<Advance> advances) {
        List<Advance> all = List.copyOf(advances);
        int[] counts = batch.batchUpdate(
                ADVANCE_FENCED,
                all.stream().map(advance -> fenced(sink, advance)).toList());
        Set<TopicPartitionId> lost = new HashSet<>();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] == 0) {
                lost.add(all.get(i).partition());
            }
        }
        return lost;
    }

    @Override
    public void rewind(String sink, Map<TopicPartitionId, Long> to) {
        move(sink, to, null, "greatest(d.given_until, d.next_offset)");
    }

    @Override
    public void beginAnew(String sink, Map<TopicPartitionId, Long> at, UUID topicId) {
        move(sink, at, topicId, "excluded.next_offset");
    }

    private void move(String sink, Map<TopicPartitionId, Long> to, @Nullable UUID topicId, String given) {
        batch.batchUpdate(
                """
                INSERT INTO millrace.delivery_offset AS d (sink, topic, partition, next_offset, rewinds, topic_id)
                VALUES (?, ?, ?, ?, 1, ?)
                ON CONFLICT (sink, topic, partition) DO UPDATE
                SET next_offset = excluded.next_offset, replay_until = greatest(d.replay_until, d.next_offset),
                    given_until = %s, rewinds = d.rewinds + 1, topic_id = coalesce(excluded.topic_id, d.topic_id),
                    waiting_since = NULL, waiting_for = NULL, updated_at = now()
                """.formatted(given),
                to.entrySet().stream()
                        .map(entry -> new @Nullable Object[] {
                            sink, entry.getKey().topic(), entry.getKey().partition(), entry.getValue(), topicId
                        })
                        .toList());
    }

    @Override
    public void topics(String sink, Map<TopicPartitionId, UUID> ids) {
        batch.batchUpdate(
                """
                INSERT INTO millrace.delivery_offset AS d (sink, topic, partition, next_offset, topic_id)
                VALUES (?, ?, ?, 0, ?)
                ON CONFLICT (sink, topic, partition) DO UPDATE SET topic_id = excluded.topic_id WHERE d.topic_id IS NULL
                """,
                ids.entrySet().stream()
                        .map(entry -> new Object[] {
                            sink, entry.getKey().topic(), entry.getKey().partition(), entry.getValue()
                        })
                        .toList());
    }

    @Override
    public Map<Integer, Long> given(String sink, String topic) {
        Map<Integer, Long> given = new HashMap<>();
        client.sql(
                        "SELECT partition, greatest(given_until, next_offset) FROM millrace.delivery_offset WHERE sink = ? AND topic = ?")
                .params(sink, topic)
                .query((row, number) -> given.put(row.getInt(1), row.getLong(2)))
                .list();
        return given;
    }

    @Override
    public List<DeliveryOffset> rewound() {
        return client.sql(SELECT_DELIVERY + " WHERE rewinds > 0")
                .query(JdbcOffsets::deliveryOffset)
                .list();
    }

    @Override
    public boolean advanceFenced(String sink, Advance advance) {
        return batch.update(ADVANCE_FENCED, fenced(sink, advance)) == 1;
    }

    private static Object[] fenced(String sink, Advance advance) {
        Object[] parameters = Arrays.copyOf(parameters(sink, advance), 10);
        parameters[8] = advance.expectedOffset();
        parameters[9] = advance.rewinds();
        return parameters;
    }

    @Override
    public void waiting(String sink, Collection<TopicPartitionId> partitions, @Nullable String reason) {
        batch.batchUpdate(
                """
                INSERT INTO millrace.delivery_offset AS d (sink, topic, partition, next_offset, waiting_since, waiting_for)
                VALUES (?, ?, ?, 0, CASE WHEN ?::text IS NULL THEN NULL ELSE now() END, ?)
                ON CONFLICT (sink, topic, partition) DO UPDATE
                SET waiting_since = CASE WHEN excluded.waiting_for IS NULL THEN NULL
                                         ELSE coalesce(d.waiting_since, excluded.waiting_since) END,
                    waiting_for = excluded.waiting_for, updated_at = now()
                """,
                partitions.stream()
                        .map(partition -> new Object[] {sink, partition.topic(), partition.partition(), reason, reason})
                        .toList());
    }

    private static Object[] parameters(String sink, Advance advance) {
        return new Object[] {
            sink,
            advance.partition().topic(),
            advance.partition().partition(),
            advance.nextOffset(),
            advance.lastPosition(),
            timestamp(advance.committedAt()),
            advance.events(),
            advance.nextOffset()
        };
    }

    private static CaptureOffset captureOffset(ResultSet row, int number) throws SQLException {
        int epoch = row.getInt("epoch");
        String commitLsn = row.getString("commit_lsn");
        return new CaptureOffset(
                row.getString("source"),
                epoch,
                commitLsn == null ? null : new SourcePosition(epoch, Lsn.parse(commitLsn), row.getInt("ordinal")),
                Lsn.parse(row.getString("end_lsn")),
                instant(row, "committed_at"),
                row.getString("system_identifier"),
                row.getInt("timeline"),
                row.getLong("events"),
                row.getTimestamp("updated_at").toInstant());
    }

    private static DeliveryOffset deliveryOffset(ResultSet row, int number) throws SQLException {
        return new DeliveryOffset(
                row.getString("sink"),
                row.getString("topic"),
                row.getInt("partition"),
                row.getLong("next_offset"),
                isReached(row) ? row.getString("last_position") : null,
                instant(row, "committed_at"),
                row.getLong("events"),
                instant(row, "waiting_since"),
                row.getString("waiting_for"),
                row.getLong("replay_until"),
                row.getInt("rewinds"),
                row.getObject("topic_id", UUID.class),
                row.getTimestamp("updated_at").toInstant());
    }

    private static boolean isReached(ResultSet row) throws SQLException {
        return row.getObject("reached_offset") instanceof Long reached && reached == row.getLong("next_offset");
    }

    static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        Timestamp value = row.getTimestamp(column);
        return value == null ? null : value.toInstant();
    }

    private static @Nullable Timestamp timestamp(@Nullable Instant instant) {
        return instant == null ? null : Timestamp.from(instant);
    }
}
