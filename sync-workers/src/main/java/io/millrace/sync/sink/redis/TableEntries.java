package io.millrace.sync.sink.redis;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.options.RedisOptions;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.event.RowKey;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How a table's rows become entries, as its binding's options say. */
record TableEntries(CapturedTable table, RedisOptions options, List<String> sourceKeys) {

    /** Remembers what was read of the options; they change seldom, batches come often. */
    static final class Cache {

        private final Map<Long, TableEntries> known = new ConcurrentHashMap<>();

        TableEntries of(CapturedTable table) {
            TableEntries entries = known.get(table.id());
            if (entries == null
                    || !entries.table().sinks().equals(table.sinks())
                    || !entries.table().keyColumns().equals(table.keyColumns())) {
                entries = new TableEntries(table, RedisOptions.of(table), sourceKeys(table));
                known.put(table.id(), entries);
            }
            return entries;
        }
    }

    byte[] key(RowKey row) {
        return options.key().key(table.source(), table.table(), sourceKeys, row).getBytes(StandardCharsets.UTF_8);
    }

    /** Returns the names of the key columns at the source, which templates use, whatever the binding's shaping calls them. */
    private static List<String> sourceKeys(CapturedTable table) {
        return table.sinks().stream()
                .filter(binding -> binding.sink().equals(RedisOptions.SINK) && binding.shaping() != null)
                .findFirst()
                .map(binding -> Shaping.parse(String.valueOf(binding.shaping())).names())
                .map(names -> table.keyColumns().stream()
                        .map(shaped -> names.entrySet().stream()
                                .filter(name -> name.getValue().equals(shaped))
                                .map(Map.Entry::getKey)
                                .findFirst()
                                .orElse(shaped))
                        .toList())
                .orElse(table.keyColumns());
    }

    /** Returns what the keys of all entries of the table begin with. */
    String prefix() {
        return options.key().prefix(table.source(), table.table());
    }

    boolean isHash() {
        return options.format() == RedisOptions.Format.HASH;
    }
}
