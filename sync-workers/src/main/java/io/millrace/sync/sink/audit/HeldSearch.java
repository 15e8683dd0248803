package io.millrace.sync.sink.audit;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Lsn;
import io.millrace.event.Row;
import io.millrace.sync.sink.HeldState;
import io.millrace.sync.sink.HeldState.HeldRow;
import io.millrace.sync.sink.KeyText;
import io.millrace.sync.sink.SinkException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** Finds rows that the history says exist, by an event that is older than a version. */
final class HeldSearch {

    private static final int AT_A_TIME = 1000;
    /** Nobody knows how large they are. */
    private static final int ROWS_AT_A_TIME = 8;

    /** The last truncate is looked for once and not beside each row: nothing but a scan of the log finds it. */
    private static final String LAST = """
            WITH emptied AS MATERIALIZED (
                SELECT epoch, commit_lsn, ordinal FROM millrace.change_log
                WHERE source = ? AND schema_name = ? AND table_name = ? AND operation = 'truncate'
                ORDER BY epoch DESC, commit_lsn DESC, ordinal DESC LIMIT 1)
            SELECT key::text, CASE WHEN ? THEN after::text END FROM (
                SELECT DISTINCT ON (key_hash, key) key, after, operation, epoch, lsn, commit_lsn, ordinal
                FROM millrace.change_log
                WHERE source = ? AND schema_name = ? AND table_name = ? AND key IS NOT NULL
                ORDER BY key_hash, key, epoch DESC, commit_lsn DESC, ordinal DESC) last
            WHERE operation <> 'delete' AND (epoch, lsn) < (?, ?::pg_lsn)
              AND NOT EXISTS (
                  SELECT FROM emptied t WHERE (t.epoch, t.commit_lsn, t.ordinal) > (last.epoch, last.commit_lsn, last.ordinal))
            """;

    private final DataSource dataSource;

    HeldSearch(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    void find(CapturedTable table, long version, boolean withRows, HeldState.Page page)
            throws SQLException, SinkException, InterruptedException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement = connection.prepareStatement(LAST)) {
            connection.setAutoCommit(false);
            connection.setReadOnly(true);
            int atATime = withRows ? ROWS_AT_A_TIME : AT_A_TIME;
            statement.setFetchSize(atATime);
            for (int first : List.of(1, 5)) {
                statement.setString(first, table.source());
                statement.setString(first + 1, table.table().schema());
                statement.setString(first + 2, table.table().table());
            }
            statement.setBoolean(4, withRows);
            statement.setInt(8, ChangeEvent.epochOf(version));
            statement.setString(9, Lsn.format(ChangeEvent.lsnOf(version)));
            try (ResultSet row = statement.executeQuery()) {
                read(table, atATime, row, page);
            } finally {
                connection.rollback();
                connection.setReadOnly(false);
                connection.setAutoCommit(true);
            }
        }
    }

    private static void read(CapturedTable table, int atATime, ResultSet row, HeldState.Page page)
            throws SQLException, SinkException, InterruptedException {
        List<HeldRow> rows = new ArrayList<>();
        while (row.next()) {
            String after = row.getString(2);
            // jsonb has its own order of names and its own spaces
            Row key = Row.of(row.getString(1));
            // a row under a former key, which holds the present one's columns among others, is another row
            if (key.columns().size() == table.keyColumns().size()) {
                KeyText.of(table, key).ifPresent(found -> rows.add(new HeldRow(found, after)));
            }
            if (rows.size() == atATime) {
                page.take(List.copyOf(rows));
                rows.clear();
            }
        }
        if (!rows.isEmpty()) {
            page.take(rows);
        }
    }
}
