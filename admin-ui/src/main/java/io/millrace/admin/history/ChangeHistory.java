package io.millrace.admin.history;

import io.millrace.admin.web.Items;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.event.Lsn;
import io.millrace.event.RowKey;
import io.millrace.event.SourcePosition;
import io.millrace.event.TableId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Reads the change history, newest first. Pages are found by keys, not by counting: by {@code seq} in lists, by position in the life of
 * one row, whose changes a key's hash finds.
 */
@Component
class ChangeHistory {

    private static final String SELECT = "SELECT * FROM millrace.change_history WHERE true";

    private final JdbcClient sql;
    private final PipelineCatalog catalog;

    ChangeHistory(JdbcTemplate template, PipelineCatalog catalog) {
        this.sql = JdbcClient.create(template);
        this.catalog = catalog;
    }

    /** Returns a page; {@code next} of the answer is the cursor of the page behind it. */
    Items<HistoryEvent> page(HistoryQuery query, @Nullable String cursor, int limit) {
        StringBuilder text = new StringBuilder(SELECT);
        List<Object> values = new ArrayList<>();
        text(text, values, "source", query.source());
        text(text, values, "schema_name", query.schema());
        text(text, values, "table_name", query.table());
        text(text, values, "operation", query.operation());
        time(text, values, "committed_at >= ?", query.from());
        time(text, values, "committed_at < ?", query.to());
        if (query.key() != null) {
            key(text, values, query);
        }
        boolean byPosition = query.oneRow();
        if (cursor != null) {
            behind(text, values, cursor, byPosition);
        }
        text.append(byPosition ? " ORDER BY epoch DESC, commit_lsn DESC, ordinal DESC" : " ORDER BY seq DESC")
                .append(" LIMIT ?");
        values.add(limit + 1);
        List<HistoryEvent> found = sql.sql(text.toString())
                .params(values)
                .query(ChangeHistory::event)
                .list();
        if (found.size() <= limit) {
            return Items.all(found);
        }
        List<HistoryEvent> items = List.copyOf(found.subList(0, limit));
        HistoryEvent last = items.get(limit - 1);
        return new Items<>(items, byPosition ? position(last).toString() : Long.toString(last.seq()));
    }

    private void key(StringBuilder text, List<Object> values, HistoryQuery query) {
        String source = query.source();
        String schema = query.schema();
        String table = query.table();
        String key = query.key();
        if (source == null || schema == null || table == null || key == null) {
            throw Problem.badRequest("A key says nothing without its table: give source, schema and table too.");
        }
        TableId id = new TableId(schema, table);
        Optional<CapturedTable> registered = catalog.table(source, id).filter(CapturedTable::hasKey);
        if (registered.isPresent()) {
            RowKey row = KeyText.canonical(
                    key, registered.get().keyColumns(), registered.get().columns());
            // hashes may collide: the key decides; a gap of the table is one of every row
            text.append(" AND (key_hash = ? AND key = ?::jsonb OR source = ? AND schema_name = ? AND table_name = ?"
                    + " AND operation = 'gap')");
            values.addAll(List.of(row.hash(source, id), row.json(), source, schema, table));
        } else {
            // the table is no longer registered, and with it went the order and the types of its key
            List<String> wanted = KeyText.values(key, key.indexOf(',') < 0 ? 1 : 2);
            text.append(" AND key IS NOT NULL AND (SELECT array_agg(value ORDER BY value) FROM jsonb_each_text(key))"
                    + " = (SELECT array_agg(value ORDER BY value) FROM unnest(?::text[]) AS value)");
            values.add(wanted.toArray(String[]::new));
        }
    }

    private static void behind(StringBuilder text, List<Object> values, String cursor, boolean byPosition) {
        try {
            if (byPosition) {
                SourcePosition position = SourcePosition.parse(cursor);
                text.append(" AND (epoch, commit_lsn, ordinal) < (?, ?::pg_lsn, ?)");
                values.add(position.epoch());
                values.add(Lsn.format(position.commitLsn()));
                values.add(position.ordinal());
            } else {
                text.append(" AND seq < ?");
                values.add(Long.parseLong(cursor));
            }
        } catch (IllegalArgumentException e) {
            throw Problem.badRequest("The cursor '" + cursor + "' does not fit this question; begin again without it.");
        }
    }

    private static void text(StringBuilder text, List<Object> values, String column, @Nullable String value) {
        if (value != null) {
            text.append(" AND ").append(column).append(" = ?");
            values.add(value);
        }
    }

    private static void time(StringBuilder text, List<Object> values, String condition, @Nullable Instant value) {
        if (value != null) {
            text.append(" AND ").append(condition);
            values.add(Timestamp.from(value));
        }
    }

    /** Returns one event by its id. */
    Optional<HistoryEvent> event(String eventId) {
        SourcePosition position;
        try {
            position = SourcePosition.ofEventId(eventId);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        return sql
                .sql(SELECT + " AND commit_lsn = ?::pg_lsn AND ordinal = ? AND event_id = ?")
                .params(Lsn.format(position.commitLsn()), position.ordinal(), eventId)
                .query(ChangeHistory::event)
                .list()
                .stream()
                .findFirst();
    }

    /** Returns the changes of the same transaction, in their order; at most {@code limit}. */
    List<HistoryEvent> sameTransaction(HistoryEvent event, int limit) {
        if (event.transactionId() == null) {
            return List.of();
        }
        return sql.sql(SELECT + " AND commit_lsn = ?::pg_lsn AND source = ? AND epoch = ? AND ordinal >= 0"
                        + " ORDER BY ordinal LIMIT ?")
                .params(event.commitLsn(), event.source(), event.epoch(), limit)
                .query(ChangeHistory::event)
                .list();
    }

    private static SourcePosition position(HistoryEvent event) {
        return new SourcePosition(event.epoch(), Lsn.parse(event.commitLsn()), event.ordinal());
    }

    private static HistoryEvent event(ResultSet row, int number) throws SQLException {
        return new HistoryEvent(
                row.getString("event_id"),
                row.getString("source"),
                row.getString("schema_name"),
                row.getString("table_name"),
                row.getString("key"),
                row.getString("operation"),
                row.getString("before"),
                row.getString("after"),
                List.of((String[]) row.getArray("changed_columns").getArray()),
                row.getString("before_completeness"),
                List.of((String[]) row.getArray("unavailable_columns").getArray()),
                (Long) row.getObject("transaction_id"),
                row.getString("lsn"),
                row.getString("commit_lsn"),
                row.getInt("epoch"),
                row.getInt("ordinal"),
                row.getTimestamp("committed_at").toInstant(),
                row.getTimestamp("captured_at").toInstant(),
                row.getString("actor"),
                List.of((String[]) row.getArray("masked_columns").getArray()),
                row.getLong("seq"));
    }
}
