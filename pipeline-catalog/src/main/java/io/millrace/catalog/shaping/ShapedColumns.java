package io.millrace.catalog.shaping;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import java.util.ArrayList;
import java.util.List;

/** What a table looks like to a sink that gets it shaped. */
final class ShapedColumns {

    private ShapedColumns() {}

    /** Returns the table with the columns that are sent, under their names there, and the computed ones behind them. */
    static CapturedTable of(CapturedTable table, Shaping shaping, List<Column> computed) {
        List<Column> columns = new ArrayList<>();
        for (Column column : table.columns()) {
            if (shaping.sends(column.name())) {
                columns.add(shaped(column, shaping));
            }
        }
        columns.addAll(computed);
        return new CapturedTable(
                table.id(),
                table.source(),
                table.table(),
                table.topic(),
                table.keyColumns().stream().map(shaping::nameOf).toList(),
                List.copyOf(columns),
                table.schemaVersion(),
                table.replicaIdentity(),
                table.state(),
                table.message(),
                table.stateSince(),
                table.registeredBy(),
                table.registeredAt(),
                table.sinks());
    }

    private static Column shaped(Column column, Shaping shaping) {
        String name = shaping.nameOf(column.name());
        Mask mask = shaping.masks().get(column.name());
        if (mask == null || mask.kind() == Mask.Kind.NULL) {
            boolean nullable = mask != null || column.nullable();
            return new Column(name, column.type(), column.typeName(), column.oid(), nullable);
        }
        String type = mask.kind() == Mask.Kind.CONSTANT ? typeOf(mask.value()) : "text";
        return new Column(name, type, type, 0, true);
    }

    private static String typeOf(@org.jspecify.annotations.Nullable Object constant) {
        if (constant instanceof Boolean) {
            return "bool";
        }
        if (constant instanceof Integer || constant instanceof Long) {
            return "int8";
        }
        return constant instanceof Number ? "float8" : "text";
    }
}
