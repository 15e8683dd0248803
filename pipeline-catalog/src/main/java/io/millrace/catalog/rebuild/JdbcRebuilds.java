package io.millrace.catalog.rebuild;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Rebuilds in the platform database. */
public final class JdbcRebuilds implements Rebuilds {

    private final JdbcClient sql;
    private final DataSource dataSource;

    /** Works on a migrated database. */
    public JdbcRebuilds(JdbcTemplate template, DataSource dataSource) {
        this.sql = JdbcClient.create(template);
        this.dataSource = dataSource;
    }

    @Override
    public Rebuild request(RebuildRequest wanted) {
        return begin(wanted).or(() -> latest(wanted.tableId(), wanted.sink())).orElseThrow();
    }

    @Override
    public Optional<Rebuild> begin(RebuildRequest wanted) {
        int begun = sql.sql("""
                INSERT INTO millrace.sink_rebuild (table_id, sink, kind, reason, place, fed_from, keep_for, requested_by, needed)
                VALUES (?, ?, ?, ?, ?::jsonb, ?::jsonb, make_interval(secs => ?), ?, ?)
                ON CONFLICT (table_id, sink) WHERE finished_at IS NULL DO NOTHING
                """)
                .params(Arrays.asList(
                        wanted.tableId(),
                        wanted.sink(),
                        wanted.kind().name(),
                        wanted.reason(),
                        wanted.place(),
                        RebuildRows.json(wanted.from()),
                        (double) wanted.keepFor().toSeconds(),
                        wanted.by(),
                        wanted.needed()))
                .update();
        return begun == 0 ? Optional.empty() : latest(wanted.tableId(), wanted.sink());
    }

    @Override
    public Rebuild refill(RebuildRequest wanted) {
        // one that began earlier may have begun later in the topic; the beginning is right for both
        int begunAgain = sql.sql("""
                UPDATE millrace.sink_rebuild
                SET state = 'REQUESTED', state_since = now(), reason = ?, message = NULL, needed = true,
                    fed_from = CASE WHEN fed_from = ?::jsonb THEN fed_from ELSE '{}' END, fed_next = '{}', fed_until = '{}',
                    asked = false
                WHERE table_id = ? AND sink = ? AND kind = 'REFILL' AND finished_at IS NULL
                """)
                .params(Arrays.asList(
                        wanted.reason(), RebuildRows.json(wanted.from()), wanted.tableId(), wanted.sink()))
                .update();
        return begunAgain == 0
                ? request(wanted)
                : latest(wanted.tableId(), wanted.sink()).orElseThrow();
    }

    @Override
    public Optional<Rebuild> find(long id) {
        return sql.sql(RebuildRows.SELECT + "WHERE id = ?")
                .param(id)
                .query(RebuildRows::rebuild)
                .optional();
    }

    @Override
    public Optional<Rebuild> latest(long tableId, String sink) {
        return history(tableId, sink).stream().findFirst();
    }

    @Override
    public List<Rebuild> open() {
        return sql.sql(RebuildRows.SELECT + "WHERE finished_at IS NULL ORDER BY id")
                .query(RebuildRows::rebuild)
                .list();
    }

    @Override
    public boolean beginAgain(long id, RebuildState expected, String message) {
        return sql.sql("""
                        UPDATE millrace.sink_rebuild
                        SET state = 'REQUESTED', state_since = now(), message = ?, feed = NULL, snapshot_id = NULL,
                            fed_next = '{}', fed_until = '{}', asked = false
                        WHERE id = ? AND state = ?
                        """).params(Arrays.asList(message, id, expected.name())).update() == 1;
    }

    @Override
    public List<Rebuild> missing(String sink) {
        // one that began at some offset makes up for nothing that was lost before it
        return sql.sql(RebuildRows.SELECT + """
                        AS r
                        WHERE sink = ? AND needed AND state IN ('FAILED', 'CANCELLED')
                          AND EXISTS (SELECT 1 FROM millrace.sink_binding b WHERE b.table_id = r.table_id AND b.sink = r.sink)
                          AND NOT EXISTS (
                              SELECT 1 FROM millrace.sink_rebuild l
                              WHERE l.table_id = r.table_id AND l.sink = r.sink AND l.kind = r.kind AND l.id > r.id
                                AND l.fed_from = '{}' AND l.state NOT IN ('FAILED', 'CANCELLED'))
                        ORDER BY id
                        """)
                .param(sink)
                .query(RebuildRows::rebuild)
                .list();
    }

    @Override
    public List<Rebuild> history(long tableId, String sink) {
        return sql.sql(RebuildRows.SELECT + "WHERE table_id = ? AND sink = ? ORDER BY id DESC LIMIT 20")
                .params(Arrays.asList(tableId, sink))
                .query(RebuildRows::rebuild)
                .list();
    }

    @Override
    public List<Rebuild> told(String sink) {
        return sql.sql(RebuildRows.SELECT + "WHERE sink = ? AND place <> '{}'::jsonb ORDER BY id")
                .param(sink)
                .query(RebuildRows::rebuild)
                .list();
    }

    @Override
    public void wish(long id, RebuildWish wish) {
        sql.sql("UPDATE millrace.sink_rebuild SET wish = ? WHERE id = ? AND finished_at IS NULL")
                .params(Arrays.asList(wish.name(), id))
                .update();
    }

    @Override
    public boolean accept(long id, long missing, long older) {
        return sql.sql("""
                        UPDATE millrace.sink_rebuild SET wish = 'ACCEPT'
                        WHERE id = ? AND state = 'DIFFERENT' AND wish IS DISTINCT FROM 'CANCEL'
                          AND (comparison ->> 'missing')::bigint <= ? AND (comparison ->> 'older')::bigint <= ?
                        """).params(Arrays.asList(id, missing, older)).update() == 1;
    }

    @Override
    public Optional<Claim> claim(long id) {
        return SessionClaim.take(dataSource, (int) id);
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
                                next.isExchange()))
                        .update()
                == 1;
    }

    @Override
    public boolean hasStood(long id, Duration atLeast) {
        return sql.sql("SELECT state_since <= now() - make_interval(secs => ?) FROM millrace.sink_rebuild WHERE id = ?")
                .params(Arrays.asList(atLeast.toMillis() / 1000.0, id))
                .query(Boolean.class)
                .optional()
                .orElse(false);
    }

    @Override
    public void place(long id, String place) {
        sql.sql("UPDATE millrace.sink_rebuild SET place = ?::jsonb WHERE id = ?")
                .params(Arrays.asList(place, id))
                .update();
    }

    @Override
    public void bySnapshot(long id, long snapshotId, Map<Integer, Long> before) {
        sql.sql("""
                UPDATE millrace.sink_rebuild
                SET feed = 'SNAPSHOT', snapshot_id = ?, fed_next = ?::jsonb, fed_until = '{}', asked = false
                WHERE id = ?
                """).params(snapshotId, RebuildRows.json(before), id).update();
    }

    @Override
    public void withSnapshot(long id, Map<Integer, Long> from, Map<Integer, Long> until) {
        sql.sql("""
                UPDATE millrace.sink_rebuild
                SET feed = 'TOPIC', fed_from = ?::jsonb, fed_next = '{}', fed_until = ?::jsonb, asked = false, message = NULL
                WHERE id = ? AND state = 'FEEDING'
                """).params(RebuildRows.json(from), RebuildRows.json(until), id).update();
    }

    @Override
    public void feed(long id, RebuildFeed feed, @Nullable Long snapshotId, Map<Integer, Long> until) {
        sql.sql(
                        "UPDATE millrace.sink_rebuild SET feed = ?, snapshot_id = ?, fed_until = ?::jsonb, asked = false WHERE id = ?")
                .params(Arrays.asList(feed.name(), snapshotId, RebuildRows.json(until), id))
                .update();
    }

    @Override
    public void fed(long id, Map<Integer, Long> next, long refused, boolean asked) {
        sql.sql("""
                UPDATE millrace.sink_rebuild
                SET fed_next = ?::jsonb, refused = refused + ?, asked = asked OR ?, message = NULL
                WHERE id = ? AND state = 'FEEDING'
                """)
                .params(Arrays.asList(RebuildRows.json(next), refused, asked, id))
                .update();
    }

    @Override
    public void compared(long id, Comparison comparison) {
        sql.sql("UPDATE millrace.sink_rebuild SET comparison = ?::jsonb, compared_back = (keep_until IS NOT NULL)"
                        + " WHERE id = ?")
                .params(Arrays.asList(RebuildRows.json(comparison), id))
                .update();
    }

    @Override
    public boolean different(long id, RebuildState expected, Comparison comparison, String message) {
        return sql.sql("""
                        UPDATE millrace.sink_rebuild
                        SET state = 'DIFFERENT', state_since = now(), comparison = ?::jsonb, compared_back = (keep_until IS NOT NULL),
                            message = ?,
                            wish = CASE WHEN wish = 'CANCEL' THEN wish END
                        WHERE id = ? AND state = ?
                        """)
                        .params(Arrays.asList(RebuildRows.json(comparison), message, id, expected.name()))
                        .update()
                == 1;
    }

    @Override
    public void message(long id, @Nullable String message) {
        sql.sql("UPDATE millrace.sink_rebuild SET message = ? WHERE id = ? AND message IS DISTINCT FROM ?")
                .params(Arrays.asList(message, id, message))
                .update();
    }
}
