package io.millrace.sync.sink.redis;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.options.RedisOptions;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** How a table's rows become entries, as its binding's options say. */
record TableEntries(CapturedTable table, RedisOptions options, List<String> sourceKeys) {

    /** Remembers what was read of the options; they change seldom, batches come often. */
    static final class Cache {

        private final Map<Long, TableEntries> known = new ConcurrentHashMap<>();

        // asked for each row of a batch, whose rows share one table
        @SuppressWarnings("ReferenceEquality")
        TableEntries of(CapturedTable table) {
            TableEntries entries = known.get(table.id());
            if (entries != null && entries.table() == table) {
                return entries;
            }
            boolean same = entries != null
                    && entries.table().sinks().equals(table.sinks())
                    && entries.table().keyColumns().equals(table.keyColumns());
            entries = entries != null && same
                    ? new TableEntries(table, entries.options(), entries.sourceKeys())
                    : new TableEntries(table, RedisOptions.of(table), RedisOptions.keyColumns(table));
            known.put(table.id(), entries);
            return entries;
        }
    }

    /** Returns a table's entries where the table has the source's names. */
    static TableEntries unshaped(CapturedTable table) {
        return new TableEntries(table, RedisOptions.of(table), table.keyColumns());
    }

    /** Returns the row's encoded key from that of its entry; empty if no row of the table has it. */
    Optional<String> encoded(String key) {
        return options.key().encoded(table.source(), table.table(), sourceKeys, key);
    }

    byte[] key(RowKey row) {
        return options.key().key(table.source(), table.table(), sourceKeys, row).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Tells whether a row that was found missing is one under a former key, of another number of columns, whose values a template that
     * names columns would take for those of the present ones: another row's entry would go. Such a row's own entry was called by another
     * template.
     */
    boolean isOtherKeys(ChangeEvent event, RowKey key) {
        return event.isFoundMissing()
                && options.key().namesColumns()
                && key.values().size() != table.keyColumns().size();
    }

    /** Returns what the keys of all entries of the table begin with. */
    String prefix() {
        return options.key().prefix(table.source(), table.table());
    }

    boolean isHash() {
        return options.format() == RedisOptions.Format.HASH;
    }
}
