package io.millrace.catalog;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One version of a table's columns and key, as the header of every event names it.
 *
 * @param version counts up in the order in which versions were met
 * @param firstLsn commit LSN of the first change under it; null for the first version, and for one that a snapshot saw before the stream
 */
public record TableSchema(
        int version,
        List<Column> columns,
        List<String> keyColumns,
        @Nullable Long firstLsn,
        Instant recordedAt) {

    /** Returns whether rows look the same under both: names, types and key. NULLs are of no concern to how a row is written. */
    public boolean matches(List<Column> other, List<String> otherKey) {
        return keyColumns.equals(otherKey) && shape(columns).equals(shape(other));
    }

    private static List<List<Object>> shape(List<Column> columns) {
        return columns.stream()
                .<List<Object>>map(column -> List.of(column.name(), column.type(), column.oid()))
                .toList();
    }

    /** Tells whether this is an older version with further columns, if any, and all that was there before is as it was. */
    public boolean onlyAddsTo(TableSchema older) {
        Map<String, Column> after = keptSince(older);
        return keyColumns.equals(older.keyColumns())
                && older.columns().stream().allMatch(was -> {
                    Column column = after.get(was.name());
                    return column != null && column.type().equals(was.type()) && column.oid() == was.oid();
                });
    }

    /** Returns in words what is different from an older version, a phrase each. A renamed column is told apart by place and type. */
    public List<String> changesSince(TableSchema older) {
        List<String> changes = new ArrayList<>();
        Map<String, Column> after = keptSince(older);
        Map<String, Column> before = byName(older.columns());
        before.keySet().retainAll(after.keySet());
        List<Column> gone = older.columns().stream()
                .filter(column -> !after.containsKey(column.name()))
                .collect(Collectors.toCollection(ArrayList::new));
        for (Column column : columns) {
            Column was = before.get(column.name());
            if (was == null) {
                Column renamed = renamed(column, gone, older);
                if (renamed == null) {
                    changes.add(column.name() + " " + column.type() + " added");
                } else {
                    gone.remove(renamed);
                    changes.add(renamed.name() + " renamed to " + column.name());
                }
            } else if (!was.type().equals(column.type()) || was.oid() != column.oid()) {
                changes.add(column.name() + " " + was.type() + " is now " + column.type());
            }
        }
        gone.forEach(column -> changes.add(column.name() + " dropped"));
        if (!keyColumns.equals(older.keyColumns())) {
            changes.add("key is now " + (keyColumns.isEmpty() ? "none" : String.join(", ", keyColumns)));
        }
        return changes;
    }

    /**
     * Returns the columns of this version that an older one has, by name. One that has the name of a former column may be another: columns
     * keep their order for ever, and new ones stand last.
     */
    private Map<String, Column> keptSince(TableSchema older) {
        List<String> then = older.columns().stream().map(Column::name).toList();
        List<String> now = columns.stream().map(Column::name).toList();
        Map<String, Column> kept = byName(columns);
        kept.keySet().removeIf(name -> {
            int former = then.indexOf(name);
            return former < now.indexOf(name)
                    || then.subList(former + 1, then.size()).stream()
                            .anyMatch(now.subList(0, now.indexOf(name))::contains);
        });
        return kept;
    }

    private @Nullable Column renamed(Column column, List<Column> gone, TableSchema older) {
        int place = columns.indexOf(column);
        return gone.stream()
                .filter(was -> was.oid() == column.oid() && was.type().equals(column.type()))
                .filter(was -> older.columns().indexOf(was) == place)
                .findFirst()
                .orElse(null);
    }

    private static Map<String, Column> byName(List<Column> columns) {
        return columns.stream().collect(Collectors.toMap(Column::name, Function.identity()));
    }
}
