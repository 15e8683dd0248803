package io.millrace.catalog;

import io.millrace.catalog.Alert.Severity;
import io.millrace.catalog.Alerts.Trouble;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Puts a name to what stopped a table's way to a sink. */
final class StoppedBinding {

    private StoppedBinding() {}

    /**
     * @param said by the sink; says what it needs
     * @param schemas all versions of the table's columns
     */
    static Trouble trouble(String sink, CapturedTable table, String said, List<TableSchema> schemas) {
        List<String> retyped = retyped(schemas);
        String stopped = sink + " takes no more changes of " + table.table() + " of " + table.source();
        String rest = " They wait in Kafka; the other sinks and tables go on.";
        return retyped.isEmpty()
                ? Trouble.of(AlertName.SINK_STOPPED, Severity.CRITICAL, table, sink, stopped + "." + rest, said)
                : Trouble.of(
                        AlertName.SINK_CANNOT_FOLLOW_SCHEMA,
                        Severity.CRITICAL,
                        table,
                        sink,
                        stopped + ": " + String.join(", ", retyped) + "." + rest,
                        said);
    }

    /** Returns the columns that had another type before, or that took the name of one with another type. */
    private static List<String> retyped(List<TableSchema> schemas) {
        Set<String> found = new LinkedHashSet<>();
        List<Column> seen = new ArrayList<>();
        for (TableSchema schema : schemas) {
            for (Column column : schema.columns()) {
                for (Column was : seen) {
                    if (was.name().equals(column.name()) && !was.typeName().equals(column.typeName())) {
                        found.add("the column " + column.name() + " was " + was.type() + " and is " + column.type()
                                + " since version " + schema.version());
                    }
                }
            }
            seen.removeIf(was ->
                    schema.columns().stream().anyMatch(column -> column.name().equals(was.name())));
            seen.addAll(schema.columns());
        }
        return List.copyOf(found);
    }
}
