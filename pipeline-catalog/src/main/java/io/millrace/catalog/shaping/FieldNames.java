package io.millrace.catalog.shaping;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import java.util.HashMap;
import java.util.Map;

/** What the fields of a shaped row are called. A table may come to have a column that is called like a field which was declared before. */
final class FieldNames {

    private FieldNames() {}

    /** @throws ShapingException if two fields would have one name */
    static void check(Shaping shaping, CapturedTable table) {
        Map<String, String> columns = new HashMap<>();
        for (Column column : table.columns()) {
            String name = shaping.nameOf(column.name());
            String other = shaping.sends(column.name()) ? columns.put(name, column.name()) : null;
            if (other != null) {
                throw taken(other + " and " + column.name() + " of " + table.table(), name);
            }
        }
        for (Computed field : shaping.computed()) {
            String column = columns.get(field.name());
            if (column != null) {
                throw taken(
                        "The column " + column + " of " + table.table() + " and the computed field " + field.name(),
                        field.name());
            }
        }
    }

    private static ShapingException taken(String both, String name) {
        return new ShapingException(
                both + " would both be called " + name + " in the sink. Change the shaping, then resume.");
    }
}
