package io.millrace.sync.sink.audit;

import io.millrace.event.ChangeEvent;
import io.millrace.event.Row;
import io.millrace.event.RowDiff;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.Change;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyIn;

/** Writes events as rows of {@code change_log} in COPY's binary format; memory is bounded, whatever the batch. */
final class ChangeLogCopy {

    /** {@code seq} and {@code recorded_at} have defaults. */
    static final String SQL = """
            COPY millrace.change_log (event_id, source, schema_name, table_name, key, key_hash, operation, before, after,
                changed_columns, before_completeness, unavailable_columns, transaction_id, lsn, commit_lsn, epoch, ordinal,
                committed_at, captured_at, actor, masked_columns) FROM STDIN (FORMAT binary)""";

    private static final int COLUMNS = 21;
    private static final int CHUNK = 256 * 1024;

    private final CopyIn copy;
    private final CopyBuffer out = new CopyBuffer(CHUNK + CHUNK / 4);

    ChangeLogCopy(CopyIn copy) {
        this.copy = copy;
        out.header();
    }

    void add(Change change) throws IOException, SQLException {
        ChangeEvent event = change.event();
        RowKey key = event.key();
        Row after = event.after();
        Collection<String> changed = changed(change, after);
        // what PostgreSQL did not send is named in unavailable_columns, never shown as a value
        Row known = after == null || event.unavailable().isEmpty() ? after : after.without(event.unavailable());

        out.row(COLUMNS);
        out.text(event.eventId());
        out.text(event.source());
        out.text(event.table().schema());
        out.text(event.table().table());
        json(key == null ? null : key.json().getBytes(StandardCharsets.UTF_8));
        number(key == null ? null : (Long) key.hash(event.source(), event.table()));
        out.text(event.operation().word());
        json(event.before());
        json(known);
        out.textArray(changed);
        out.text(event.beforeCompleteness().name());
        out.textArray(event.unavailable());
        number(event.transaction().id());
        out.int8(event.lsn());
        out.int8(event.position().commitLsn());
        out.int4(event.position().epoch());
        out.int4(event.position().ordinal());
        out.timestamp(event.transaction().committedAt());
        out.timestamp(event.capturedAt());
        String actor = event.transaction().actor();
        json(actor == null ? null : JsonbText.ofUntrusted(actor));
        out.textArray(
                after == null && event.before() == null
                        ? Set.of()
                        : change.notes().masked());
        if (out.size() >= CHUNK) {
            flush();
        }
    }

    /** That a masked value changed is recorded, though not from what to what. */
    private static Collection<String> changed(Change change, @Nullable Row after) {
        if (after == null) {
            return List.of();
        }
        ChangeEvent event = change.event();
        List<String> seen = RowDiff.changedColumns(event.before(), after, event.unavailable());
        if (change.notes().changed().isEmpty()) {
            return seen;
        }
        Set<String> all = new LinkedHashSet<>(seen);
        all.addAll(change.notes().changed());
        return all;
    }

    /** Returns how many rows PostgreSQL took. */
    long end() throws SQLException {
        out.trailer();
        flush();
        return copy.endCopy();
    }

    private void flush() throws SQLException {
        copy.writeToCopy(out.array(), 0, out.size());
        out.clear();
    }

    private void json(@Nullable Row row) throws IOException, SQLException {
        json(row == null ? null : row.toBytes());
    }

    private void json(byte @Nullable [] utf8) throws SQLException {
        if (utf8 == null) {
            out.nothing();
            return;
        }
        byte[] text = JsonbText.acceptable(utf8);
        if (text.length < CHUNK) {
            out.jsonb(text);
        } else {
            // a row of megabytes is not copied once more
            out.jsonbAhead(text.length);
            flush();
            copy.writeToCopy(text, 0, text.length);
        }
    }

    private void number(@Nullable Long value) {
        if (value == null) {
            out.nothing();
        } else {
            out.int8(value);
        }
    }
}
