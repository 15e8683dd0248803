package io.millrace.catalog.rebuild;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.JdbcUtils;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Rebuilds in the platform database. */
public final class JdbcRebuilds implements Rebuilds {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final TypeReference<Map<Integer, Long>> OFFSETS = new TypeReference<>() {};
    private static final String SELECT =
            "SELECT *, extract(epoch FROM keep_for)::bigint AS keep_seconds FROM millrace.sink_rebuild ";
    /** The first half of the advisory locks' keys: "rebu". */
    private static final int LOCKS = 0x72656275;

    private final JdbcClient sql;
    private final DataSource dataSource;

    /** Works on a migrated database. */
    public JdbcRebuilds(JdbcTemplate template, DataSource dataSource) {
        this.sql = JdbcClient.create(template);
        this.dataSource = dataSource;
    }

    @Override
    public Rebuild request(RebuildRequest wanted) {
        sql.sql("""
                INSERT INTO millrace.sink_rebuild (table_id, sink, kind, reason, place, fed_from, keep_for, requested_by)
                VALUES (?, ?, ?, ?, ?::jsonb, ?::jsonb, make_interval(secs => ?), ?)
                ON CONFLICT (table_id, sink) WHERE finished_at IS NULL DO NOTHING
                """)
                .params(Arrays.asList(
                        wanted.tableId(),
                        wanted.sink(),
                        wanted.kind().name(),
                        wanted.reason(),
                        wanted.place(),
                        json(wanted.from()),
                        (double) wanted.keepFor().toSeconds(),
                        wanted.by()))
                .update();
        return latest(wanted.tableId(), wanted.sink()).orElseThrow();
    }

    @Override
    public Rebuild refill(RebuildRequest wanted) {
        // one that began earlier may have begun later in the topic; the beginning is right for both
        int begunAgain = sql.sql("""
                UPDATE millrace.sink_rebuild
                SET state = 'REQUESTED', state_since = now(), reason = ?, message = NULL,
                    fed_from = CASE WHEN fed_from = ?::jsonb THEN fed_from ELSE '{}' END, fed_next = '{}', fed_until = '{}'
                WHERE table_id = ? AND sink = ? AND kind = 'REFILL' AND finished_at IS NULL
                """)
                .params(Arrays.asList(wanted.reason(), json(wanted.from()), wanted.tableId(), wanted.sink()))
                .update();
        return begunAgain == 0
                ? request(wanted)
                : latest(wanted.tableId(), wanted.sink()).orElseThrow();
    }

    @Override
    public Optional<Rebuild> find(long id) {
        return sql.sql(SELECT + "WHERE id = ?")
                .param(id)
                .query(JdbcRebuilds::rebuild)
                .optional();
    }

    @Override
    public Optional<Rebuild> latest(long tableId, String sink) {
        return history(tableId, sink).stream().findFirst();
    }

    @Override
    public List<Rebuild> open() {
        return sql.sql(SELECT + "WHERE finished_at IS NULL ORDER BY id")
                .query(JdbcRebuilds::rebuild)
                .list();
    }

    @Override
    public List<Rebuild> history(long tableId, String sink) {
        return sql.sql(SELECT + "WHERE table_id = ? AND sink = ? ORDER BY id DESC LIMIT 20")
                .params(Arrays.asList(tableId, sink))
                .query(JdbcRebuilds::rebuild)
                .list();
    }

    @Override
    public void wish(long id, RebuildWish wish) {
        sql.sql("UPDATE millrace.sink_rebuild SET wish = ? WHERE id = ? AND finished_at IS NULL")
                .params(Arrays.asList(wish.name(), id))
                .update();
    }

    @Override
    public Optional<Claim> claim(long id) {
        Connection connection = DataSourceUtils.getConnection(dataSource);
        try (PreparedStatement lock = connection.prepareStatement("SELECT pg_try_advisory_lock(?, ?)")) {
            lock.setInt(1, LOCKS);
            lock.setInt(2, (int) id);
            try (ResultSet answer = lock.executeQuery()) {
                answer.next();
                if (answer.getBoolean(1)) {
                    return Optional.of(new SessionClaim(connection, (int) id));
                }
            }
        } catch (SQLException e) {
            JdbcUtils.closeConnection(connection);
            throw new org.springframework.dao.DataAccessResourceFailureException("The rebuild cannot be claimed", e);
        }
        JdbcUtils.closeConnection(connection);
        return Optional.empty();
    }

    private record SessionClaim(Connection connection, int id) implements Claim {

        @Override
        public boolean isHeld() {
            try {
                return connection.isValid(2);
            } catch (SQLException e) {
                return false;
            }
        }

        @Override
        public void close() {
            try (PreparedStatement unlock = connection.prepareStatement("SELECT pg_advisory_unlock(?, ?)")) {
                unlock.setInt(1, LOCKS);
                unlock.setInt(2, id);
                unlock.execute();
            } catch (SQLException e) {
                // the session is gone, and its lock with it
            }
            JdbcUtils.closeConnection(connection);
        }
    }

    @Override
    public boolean move(long id, RebuildState expected, RebuildState next, @Nullable String message) {
        return sql.sql("""
                        UPDATE millrace.sink_rebuild
                        SET state = ?, state_since = now(), message = ?,
                            -- taken up, or too late
                            wish = CASE WHEN ? THEN NULL ELSE wish END,
                            keep_until = CASE WHEN ? = 'SWITCHED' THEN now() + keep_for ELSE keep_until END,
                            finished_at = CASE WHEN ? THEN now() END
                        WHERE id = ? AND state = ?
                            -- a wish that came in time is not passed over
                            AND NOT (? AND wish IS NOT DISTINCT FROM 'CANCEL')
                        """)
                        .params(Arrays.asList(
                                next.name(),
                                message,
                                next.takesUpWish(),
                                next.name(),
                                next.isFinal(),
                                id,
                                expected.name(),
                                next == RebuildState.EXCHANGING))
                        .update()
                == 1;
    }

    @Override
    public void place(long id, String place) {
        sql.sql("UPDATE millrace.sink_rebuild SET place = ?::jsonb WHERE id = ?")
                .params(Arrays.asList(place, id))
                .update();
    }

    @Override
    public void feed(long id, RebuildFeed feed, @Nullable Long snapshotId, Map<Integer, Long> until) {
        sql.sql("UPDATE millrace.sink_rebuild SET feed = ?, snapshot_id = ?, fed_until = ?::jsonb WHERE id = ?")
                .params(Arrays.asList(feed.name(), snapshotId, json(until), id))
                .update();
    }

    @Override
    public void fed(long id, Map<Integer, Long> next, long refused) {
        sql.sql(
                        "UPDATE millrace.sink_rebuild SET fed_next = ?::jsonb, refused = refused + ?, message = NULL WHERE id = ? AND state = 'FEEDING'")
                .params(Arrays.asList(json(next), refused, id))
                .update();
    }

    @Override
    public void compared(long id, Comparison comparison) {
        sql.sql("UPDATE millrace.sink_rebuild SET comparison = ?::jsonb WHERE id = ?")
                .params(Arrays.asList(json(comparison), id))
                .update();
    }

    @Override
    public void message(long id, @Nullable String message) {
        sql.sql("UPDATE millrace.sink_rebuild SET message = ? WHERE id = ? AND message IS DISTINCT FROM ?")
                .params(Arrays.asList(message, id, message))
                .update();
    }

    @Override
    public List<StoreMarker> markers(String sink) {
        return sql.sql("SELECT * FROM millrace.sink_marker WHERE sink = ? ORDER BY place")
                .param(sink)
                .query((row, number) -> new StoreMarker(
                        row.getString("sink"),
                        row.getString("place"),
                        row.getString("marker"),
                        row.getString("run"),
                        row.getLong("evicted")))
                .list();
    }

    @Override
    public void marker(StoreMarker marker) {
        sql.sql("""
                INSERT INTO millrace.sink_marker (sink, place, marker, run, evicted) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (sink, place) DO UPDATE
                SET marker = excluded.marker, run = excluded.run, evicted = excluded.evicted, written_at = now()
                """)
                .params(Arrays.asList(marker.sink(), marker.place(), marker.marker(), marker.run(), marker.evicted()))
                .update();
    }

    private static String json(Object value) {
        return JSON.writeValueAsString(value);
    }

    private static Rebuild rebuild(ResultSet row, int number) throws SQLException {
        String wish = row.getString("wish");
        String feed = row.getString("feed");
        String comparison = row.getString("comparison");
        return new Rebuild(
                row.getLong("id"),
                row.getLong("table_id"),
                row.getString("sink"),
                RebuildKind.valueOf(row.getString("kind")),
                RebuildState.valueOf(row.getString("state")),
                row.getTimestamp("state_since").toInstant(),
                wish == null ? null : RebuildWish.valueOf(wish),
                row.getString("reason"),
                row.getString("place"),
                feed == null ? null : RebuildFeed.valueOf(feed),
                (Long) row.getObject("snapshot_id"),
                JSON.readValue(row.getString("fed_from"), OFFSETS),
                JSON.readValue(row.getString("fed_next"), OFFSETS),
                JSON.readValue(row.getString("fed_until"), OFFSETS),
                row.getLong("refused"),
                comparison == null ? null : JSON.readValue(comparison, Comparison.class),
                row.getString("message"),
                Duration.ofSeconds(row.getLong("keep_seconds")),
                instant(row, "keep_until"),
                row.getString("requested_by"),
                row.getTimestamp("requested_at").toInstant(),
                instant(row, "finished_at"));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        Timestamp value = row.getTimestamp(column);
        return value == null ? null : value.toInstant();
    }
}
