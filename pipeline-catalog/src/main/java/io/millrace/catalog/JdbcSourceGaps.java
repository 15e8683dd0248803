package io.millrace.catalog;

import io.millrace.event.Lsn;
import io.millrace.event.SourcePosition;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

final class JdbcSourceGaps implements SourceGaps {

    private static final String SELECT = "SELECT * FROM millrace.source_gap WHERE source = ?";

    /** Who accepted the gap stands there as any other actor does. */
    private static final String HISTORY = """
            INSERT INTO millrace.change_log (event_id, source, schema_name, table_name, operation, after, changed_columns,
                before_completeness, unavailable_columns, lsn, commit_lsn, epoch, ordinal, committed_at, captured_at, actor)
            SELECT ?, t.source, t.schema_name, t.table_name, 'gap',
                   jsonb_build_object('cause', g.cause, 'detail', g.detail, 'from_lsn', g.from_lsn::text, 'to_lsn', g.to_lsn::text,
                                      'since', g.since, 'detected_at', g.detected_at, 'epoch', g.new_epoch),
                   '{}', 'NONE', '{}', g.to_lsn, g.to_lsn, g.new_epoch, ?, now(), now(),
                   CASE WHEN g.accepted_by IS NULL THEN NULL ELSE jsonb_build_object('user', g.accepted_by) END
            FROM millrace.source_gap g, millrace.captured_table t
            WHERE g.id = ? AND t.id = ?
            """;

    private final JdbcClient sql;
    private final TransactionTemplate transaction;
    private final Offsets offsets;
    private final PipelineCatalog catalog;

    JdbcSourceGaps(JdbcTemplate template, TransactionTemplate transaction, Offsets offsets, PipelineCatalog catalog) {
        this.sql = JdbcClient.create(template);
        this.transaction = transaction;
        this.offsets = offsets;
        this.catalog = catalog;
    }

    @Override
    public Optional<SourceGap> open(String source) {
        return sql.sql(SELECT + " AND closed_at IS NULL")
                .param(source)
                .query(JdbcSourceGaps::gap)
                .optional();
    }

    @Override
    public List<SourceGap> all(String source) {
        return sql.sql(SELECT + " ORDER BY id DESC")
                .param(source)
                .query(JdbcSourceGaps::gap)
                .list();
    }

    @Override
    public SourceGap found(CaptureOffset captured, SourceGap.Finding finding) {
        return sql.sql("""
                INSERT INTO millrace.source_gap AS g (source, epoch, cause, detail, from_lsn, to_lsn, since)
                VALUES (?, ?, ?, ?, ?::pg_lsn, ?::pg_lsn, ?)
                ON CONFLICT (source) WHERE closed_at IS NULL DO UPDATE
                SET cause = excluded.cause, detail = excluded.detail, to_lsn = coalesce(g.to_lsn, excluded.to_lsn)
                RETURNING *
                """)
                .params(Arrays.asList(
                        captured.source(),
                        captured.epoch(),
                        finding.cause().name(),
                        finding.detail(),
                        Lsn.format(captured.endLsn()),
                        lsn(finding.toLsn()),
                        Timestamp.from(captured.updatedAt())))
                .query(JdbcSourceGaps::gap)
                .single();
    }

    @Override
    public void vanished(String source) {
        sql.sql("UPDATE millrace.source_gap SET closed_at = now() WHERE source = ? AND closed_at IS NULL")
                .param(source)
                .update();
    }

    @Override
    public Optional<Integer> accept(String source, long gap, String by) {
        return Objects.requireNonNull(transaction.execute(status -> {
            int accepted = sql.sql("""
                    UPDATE millrace.source_gap SET accepted_by = ?, accepted_at = now()
                    WHERE id = ? AND source = ? AND closed_at IS NULL AND accepted_at IS NULL
                    """).params(by, gap, source).update();
            return accepted == 0 ? Optional.<Integer>empty() : Optional.of(catalog.beginEpoch(source));
        }));
    }

    @Override
    public void ofTable(CaptureOffset captured, CapturedTable table, SourceGap.Finding finding) {
        long to = Objects.requireNonNull(finding.toLsn(), "where the table is captured again");
        transaction.executeWithoutResult(status -> {
            long gap = sql.sql("""
                    INSERT INTO millrace.source_gap (source, epoch, cause, detail, from_lsn, to_lsn, since, new_epoch, closed_at)
                    VALUES (?, ?, ?, ?, ?::pg_lsn, ?::pg_lsn, ?, ?, now()) RETURNING id
                    """)
                    .params(Arrays.asList(
                            captured.source(),
                            captured.epoch(),
                            finding.cause().name(),
                            finding.detail(),
                            Lsn.format(captured.endLsn()),
                            Lsn.format(to),
                            Timestamp.from(captured.updatedAt()),
                            captured.epoch()))
                    .query(Long.class)
                    .single();
            if (hasHistory(table)) {
                history(SourcePosition.ofRead(captured.epoch(), to, Math.toIntExact(gap)), gap, table);
            }
            catalog.readAnew(table.id(), "millrace");
        });
    }

    @Override
    public boolean begin(CaptureOffset first, long generation) {
        return Objects.requireNonNull(transaction.execute(status -> {
            if (!offsets.store(first, generation)) {
                return false;
            }
            Optional<Long> gap = close(first);
            int index = 0;
            for (CapturedTable table : catalog.tables()) {
                if (table.source().equals(first.source())
                        && table.state() != TableState.PENDING
                        && table.state() != TableState.REMOVING) {
                    if (gap.isPresent() && hasHistory(table)) {
                        history(SourcePosition.ofRead(first.epoch(), first.endLsn(), index++), gap.get(), table);
                    }
                    catalog.readAnew(table.id(), "millrace");
                }
            }
            return true;
        }));
    }

    private Optional<Long> close(CaptureOffset first) {
        return sql.sql("""
                UPDATE millrace.source_gap SET new_epoch = ?, to_lsn = ?::pg_lsn, closed_at = now()
                WHERE source = ? AND closed_at IS NULL RETURNING id
                """)
                .params(first.epoch(), Lsn.format(first.endLsn()), first.source())
                .query(Long.class)
                .optional();
    }

    /** Before every change and every read of the new epoch: its LSN is where the slot begins, and its ordinal that of a read. */
    private void history(SourcePosition position, long gap, CapturedTable table) {
        sql.sql(HISTORY)
                .params(position.eventId(table.source()), position.ordinal(), gap, table.id())
                .update();
    }

    private static boolean hasHistory(CapturedTable table) {
        return table.sinks().stream().anyMatch(binding -> binding.sink().equals("audit"));
    }

    private static @Nullable String lsn(@Nullable Long lsn) {
        return lsn == null ? null : Lsn.format(lsn);
    }

    private static SourceGap gap(ResultSet row, int number) throws SQLException {
        String to = row.getString("to_lsn");
        return new SourceGap(
                row.getLong("id"),
                row.getString("source"),
                row.getInt("epoch"),
                GapCause.valueOf(row.getString("cause")),
                row.getString("detail"),
                Lsn.parse(row.getString("from_lsn")),
                to == null ? null : (Long) Lsn.parse(to),
                row.getTimestamp("since").toInstant(),
                row.getTimestamp("detected_at").toInstant(),
                row.getString("accepted_by"),
                JdbcOffsets.instant(row, "accepted_at"),
                (Integer) row.getObject("new_epoch"),
                JdbcOffsets.instant(row, "closed_at"));
    }
}
