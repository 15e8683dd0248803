package io.millrace.catalog.snapshot;

import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSnapshot;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** The snapshots in {@code millrace.table_snapshot}. */
public final class JdbcSnapshotRuns implements SnapshotRuns {

    private static final String CANCEL = "UPDATE millrace.table_snapshot SET state = 'CANCELLED', message = ?,"
            + " rows_per_second = NULL, seconds_left = NULL, finished_at = now()";

    private final JdbcClient sql;
    private final TransactionTemplate transaction;
    private final JdbcSinkSearches searches;

    public JdbcSnapshotRuns(JdbcTemplate template, TransactionTemplate transaction) {
        this.sql = JdbcClient.create(template);
        this.transaction = transaction;
        this.searches = new JdbcSinkSearches(sql);
    }

    @Override
    public Optional<TableSnapshot> find(long id) {
        return sql.sql("SELECT * FROM millrace.table_snapshot WHERE id = ?")
                .param(id)
                .query(JdbcSnapshotRuns::map)
                .optional();
    }

    @Override
    public List<TableSnapshot> of(long tableId, int limit) {
        return sql.sql("SELECT * FROM millrace.table_snapshot WHERE table_id = ? ORDER BY id DESC LIMIT ?")
                .params(tableId, limit)
                .query(JdbcSnapshotRuns::map)
                .list();
    }

    /** Returns snapshots of all tables that are REQUESTED or RUNNING, oldest first. */
    public List<TableSnapshot> open() {
        return sql.sql("SELECT * FROM millrace.table_snapshot WHERE state IN ('REQUESTED', 'RUNNING') ORDER BY id")
                .query(JdbcSnapshotRuns::map)
                .list();
    }

    @Override
    public TableSnapshot request(long tableId, @Nullable String filter, String by) {
        return Objects.requireNonNull(transaction.execute(status -> {
            lock(tableId);
            return sql.sql("""
                    SELECT * FROM millrace.table_snapshot
                    WHERE table_id = ? AND state IN ('REQUESTED', 'RUNNING', 'PAUSED') AND filter IS NOT DISTINCT FROM ?
                    ORDER BY id DESC LIMIT 1
                    """)
                    .params(Arrays.asList(tableId, filter))
                    .query(JdbcSnapshotRuns::map)
                    .optional()
                    .orElseGet(() -> insert(tableId, filter, by));
        }));
    }

    /** Cancels the open snapshots of a table, and asks for one of all rows. */
    public TableSnapshot readAnew(long tableId, String by) {
        return Objects.requireNonNull(transaction.execute(status -> {
            lock(tableId);
            sql.sql(CANCEL + " WHERE table_id = ? AND state IN ('REQUESTED', 'RUNNING', 'PAUSED')")
                    .params("All rows are read again from the first one on.", tableId)
                    .update();
            return insert(tableId, null, by);
        }));
    }

    private void lock(long tableId) {
        sql.sql("SELECT id FROM millrace.captured_table WHERE id = ? FOR UPDATE")
                .param(tableId)
                .query(Long.class)
                .single();
    }

    private TableSnapshot insert(long tableId, @Nullable String filter, String by) {
        return sql.sql(
                        "INSERT INTO millrace.table_snapshot (table_id, filter, requested_by) VALUES (?, ?, ?) RETURNING *")
                .params(Arrays.asList(tableId, filter, by))
                .query(JdbcSnapshotRuns::map)
                .single();
    }

    @Override
    public boolean pause(long id, String message) {
        return move(id, "PAUSED", message, "'REQUESTED', 'RUNNING'");
    }

    @Override
    public boolean resume(long id) {
        return sql.sql("""
                UPDATE millrace.table_snapshot
                SET state = CASE WHEN end_offsets IS NULL THEN 'REQUESTED' ELSE 'RUNNING' END, message = NULL
                WHERE id = ? AND state = 'PAUSED'
                """).param(id).update() == 1;
    }

    @Override
    public boolean cancel(long id, String message) {
        return move(id, "CANCELLED", message, "'REQUESTED', 'RUNNING', 'PAUSED'");
    }

    private boolean move(long id, String to, @Nullable String message, String from) {
        return sql.sql(
                                "UPDATE millrace.table_snapshot SET state = ?, message = ?, rows_per_second = NULL, seconds_left = NULL,"
                                        + " finished_at = CASE WHEN ? = 'CANCELLED' THEN now() END"
                                        + " WHERE id = ? AND state IN (" + from + ")")
                        .params(Arrays.asList(to, message, to, id))
                        .update()
                == 1;
    }

    @Override
    public void searchNothing(long id) {
        sql.sql("UPDATE millrace.table_snapshot SET search = false WHERE id = ?")
                .param(id)
                .update();
    }

    @Override
    public void begun(long id, long startVersion, @Nullable String endKey, @Nullable Long rowsEstimated) {
        sql.sql("""
                UPDATE millrace.table_snapshot
                SET start_version = ?, end_key = ?, rows_estimated = ?, rows_done = 0, last_key = NULL, end_offsets = NULL,
                    started_at = now()
                WHERE id = ?
                """)
                .params(Arrays.asList(startVersion, endKey, rowsEstimated, id))
                .update();
    }

    @Override
    public Optional<SnapshotState> progress(
            long id,
            long rowsDone,
            @Nullable Long rowsEstimated,
            @Nullable Double rowsPerSecond,
            @Nullable Long secondsLeft,
            @Nullable String lastKey) {
        return sql.sql("""
                UPDATE millrace.table_snapshot
                SET state = CASE state WHEN 'REQUESTED' THEN 'RUNNING' ELSE state END,
                    started_at = coalesce(started_at, now()), rows_done = ?, rows_estimated = coalesce(?::bigint, rows_estimated),
                    rows_per_second = CASE WHEN state IN ('REQUESTED', 'RUNNING') THEN ?::double precision END,
                    seconds_left = CASE WHEN state IN ('REQUESTED', 'RUNNING') THEN ?::bigint END,
                    last_key = coalesce(?::text, last_key)
                WHERE id = ? RETURNING state
                """)
                .params(Arrays.asList(rowsDone, rowsEstimated, rowsPerSecond, secondsLeft, lastKey, id))
                .query((row, number) -> SnapshotState.valueOf(row.getString(1)))
                .optional();
    }

    @Override
    public void allRead(long id, long[] endOffsets) {
        transaction.executeWithoutResult(status -> {
            Long[] ends = Arrays.stream(endOffsets).boxed().toArray(Long[]::new);
            sql.sql("""
                    UPDATE millrace.table_snapshot SET end_offsets = ?, rows_per_second = NULL, seconds_left = NULL WHERE id = ?
                    """).params(Arrays.asList(ends, id)).update();
            searches.open(id);
        });
    }

    @Override
    public void missing(long id, long rows) {
        sql.sql("UPDATE millrace.table_snapshot SET rows_missing = rows_missing + ? WHERE id = ?")
                .params(rows, id)
                .update();
    }

    @Override
    public void ended(long id, SnapshotState state, @Nullable String message) {
        sql.sql("""
                UPDATE millrace.table_snapshot
                SET state = ?, message = ?, finished_at = now(), rows_per_second = NULL, seconds_left = NULL
                WHERE id = ? AND state IN ('REQUESTED', 'RUNNING', 'PAUSED')
                """).params(Arrays.asList(state.name(), message, id)).update();
    }

    @Override
    public boolean isSearched(long id) {
        return searches.areDone(id);
    }

    @Override
    public List<Search> claim(String sink) {
        return searches.claim(sink);
    }

    @Override
    public boolean holdClaim(Search search, long suspects) {
        return searches.holdClaim(search, suspects);
    }

    @Override
    public void searched(Search search, long suspects) {
        searches.done(search, suspects);
    }

    private static TableSnapshot map(ResultSet row, int number) throws SQLException {
        return new TableSnapshot(
                row.getLong("id"),
                row.getLong("table_id"),
                SnapshotState.valueOf(row.getString("state")),
                row.getString("filter"),
                row.getLong("rows_done"),
                (Long) row.getObject("rows_estimated"),
                (Double) row.getObject("rows_per_second"),
                (Long) row.getObject("seconds_left"),
                row.getBoolean("search"),
                (Long) row.getObject("start_version"),
                row.getString("end_key"),
                row.getString("last_key"),
                row.getArray("end_offsets") != null,
                row.getLong("rows_missing"),
                row.getString("message"),
                row.getString("requested_by"),
                row.getTimestamp("requested_at").toInstant(),
                instant(row.getTimestamp("started_at")),
                instant(row.getTimestamp("finished_at")));
    }

    private static @Nullable Instant instant(@Nullable Timestamp time) {
        return time == null ? null : time.toInstant();
    }
}
