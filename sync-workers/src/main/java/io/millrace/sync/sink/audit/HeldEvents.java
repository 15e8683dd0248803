package io.millrace.sync.sink.audit;

import io.millrace.event.ChangeEvent;
import io.millrace.event.Lsn;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.Change;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Leaves out what the history holds already. Asked in the transaction that has moved the offset: whoever wrote there before has
 * committed, and nobody else can write until this one ends.
 */
final class HeldEvents {

    /** An event id alone may be shared by snapshot reads of two tables. */
    private record Identity(
            String eventId,
            String schema,
            String table,
            @Nullable Long keyHash) {

        static Identity of(ChangeEvent event) {
            RowKey key = event.key();
            return new Identity(
                    event.eventId(),
                    event.table().schema(),
                    event.table().table(),
                    key == null ? null : (Long) key.hash(event.source(), event.table()));
        }
    }

    private HeldEvents() {}

    static List<Change> leftOut(JdbcTemplate jdbc, List<Change> changes) {
        if (changes.isEmpty()) {
            return changes;
        }
        String[] lsns = new String[changes.size()];
        Integer[] ordinals = new Integer[changes.size()];
        String[] ids = new String[changes.size()];
        for (int i = 0; i < lsns.length; i++) {
            ChangeEvent event = changes.get(i).event();
            lsns[i] = Lsn.format(event.position().commitLsn());
            ordinals[i] = event.position().ordinal();
            ids[i] = event.eventId();
        }
        Set<Identity> held = new HashSet<>(jdbc.query(
                """
                SELECT event_id, schema_name, table_name, key_hash FROM millrace.change_log
                WHERE (commit_lsn, ordinal) IN (SELECT * FROM unnest(?::pg_lsn[], ?::integer[])) AND event_id = ANY (?)
                """,
                (row, number) ->
                        new Identity(row.getString(1), row.getString(2), row.getString(3), (Long) row.getObject(4)),
                lsns,
                ordinals,
                ids));
        return changes.stream()
                .filter(change -> !held.contains(Identity.of(change.event())))
                .toList();
    }
}
