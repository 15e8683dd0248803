package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an index says of its fields in its mapping's {@code _meta}.
 *
 * @param types the columns that it has fields for, and the types that these were made for
 * @param encodesNames whether its fields are called as {@link FieldName} says
 */
record IndexFields(String index, Map<String, String> types, boolean encodesNames) {

    IndexFields {
        types = Map.copyOf(types);
    }

    /** Returns the columns that it has no field for, or one for another type. */
    List<Column> lacking(CapturedTable table) {
        return table.columns().stream()
                .filter(column -> !column.typeName().equals(types.get(column.name())))
                .toList();
    }

    /** Returns the columns that it has no field for. */
    List<Column> fresh(CapturedTable table) {
        return table.columns().stream()
                .filter(column -> !types.containsKey(column.name()))
                .toList();
    }

    IndexFields with(CapturedTable table) {
        Map<String, String> all = new LinkedHashMap<>(types);
        table.columns().forEach(column -> all.put(column.name(), column.typeName()));
        return new IndexFields(index, all, encodesNames);
    }
}
