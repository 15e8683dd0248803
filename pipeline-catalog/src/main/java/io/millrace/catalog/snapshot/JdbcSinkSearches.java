package io.millrace.catalog.snapshot;

import io.millrace.catalog.snapshot.SnapshotRuns.Search;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The searches of sinks that end snapshots, in {@code millrace.snapshot_search}. */
final class JdbcSinkSearches {

    private final JdbcClient sql;

    JdbcSinkSearches(JdbcClient sql) {
        this.sql = sql;
    }

    /** Has the sinks of a snapshot's table searched, unless they were empty. */
    void open(long id) {
        sql.sql("""
                INSERT INTO millrace.snapshot_search (snapshot_id, sink)
                SELECT s.id, b.sink FROM millrace.table_snapshot s JOIN millrace.sink_binding b ON b.table_id = s.table_id
                WHERE s.id = ? AND s.search
                ON CONFLICT DO NOTHING
                """).param(id).update();
    }

    boolean areDone(long id) {
        return sql.sql("""
                SELECT NOT EXISTS (
                    SELECT FROM millrace.snapshot_search q JOIN millrace.table_snapshot s ON s.id = q.snapshot_id
                    JOIN millrace.captured_table t ON t.id = s.table_id
                    JOIN millrace.sink_binding b ON b.table_id = t.id AND b.sink = q.sink
                    WHERE q.snapshot_id = ? AND q.finished_at IS NULL AND b.state = 'ACTIVE' AND t.state <> 'PAUSED')
                AND NOT EXISTS (SELECT FROM millrace.reread WHERE snapshot_id = ?)
                """).params(id, id).query(Boolean.class).single();
    }

    /** A binding that was paused at the end is searched when it goes on, although the snapshot counts as done. */
    List<Search> claim(String sink) {
        return sql.sql("""
                UPDATE millrace.snapshot_search q SET claimed_until = now() + interval '30 seconds'
                FROM millrace.table_snapshot s JOIN millrace.captured_table t ON t.id = s.table_id
                JOIN millrace.sink_binding b ON b.table_id = t.id
                WHERE q.sink = ? AND q.snapshot_id = s.id AND q.finished_at IS NULL AND b.sink = q.sink AND b.state = 'ACTIVE'
                  AND t.state <> 'PAUSED' AND s.state IN ('RUNNING', 'DONE') AND s.end_offsets IS NOT NULL
                  AND (q.claimed_until IS NULL OR q.claimed_until < now())
                  AND NOT EXISTS (
                      SELECT FROM unnest(s.end_offsets) WITH ORDINALITY AS e (ending, place)
                      WHERE e.ending > 0 AND NOT EXISTS (
                          SELECT FROM millrace.delivery_offset d
                          WHERE d.sink = q.sink AND d.topic = t.topic AND d.partition = e.place - 1 AND d.next_offset >= e.ending))
                RETURNING s.id, s.table_id, q.sink, s.start_version, s.filter
                """)
                .param(sink)
                .query((row, number) -> new Search(
                        row.getLong("id"),
                        row.getLong("table_id"),
                        row.getString("sink"),
                        row.getLong("start_version"),
                        row.getString("filter")))
                .list();
    }

    boolean holdClaim(Search search, long suspects) {
        return sql.sql("""
                UPDATE millrace.snapshot_search q SET claimed_until = now() + interval '30 seconds', suspects = ?
                FROM millrace.table_snapshot s
                WHERE q.snapshot_id = ? AND q.sink = ? AND s.id = q.snapshot_id AND s.state IN ('RUNNING', 'DONE')
                """).params(suspects, search.snapshotId(), search.sink()).update() == 1;
    }

    void done(Search search, long suspects) {
        sql.sql(
                        "UPDATE millrace.snapshot_search SET finished_at = now(), suspects = ? WHERE snapshot_id = ? AND sink = ?")
                .params(suspects, search.snapshotId(), search.sink())
                .update();
    }
}
