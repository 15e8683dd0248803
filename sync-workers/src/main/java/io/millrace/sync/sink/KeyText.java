package io.millrace.sync.sink;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.event.Row;
import io.millrace.event.RowKey;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/** From what a sink holds back to the key of a row. */
public final class KeyText {

    private static final Set<String> BARE = Set.of("int2", "int4", "int8", "oid", "float4", "float8", "bool");

    private KeyText() {}

    /**
     * Returns the key that {@link RowKey#encoded()} would write so; empty if no key of this table would. What is no value of its column's
     * type comes as a string: capture finds no row under it.
     */
    public static Optional<RowKey> decode(CapturedTable table, String encoded) {
        String[] values = encoded.split(",", -1);
        if (values.length != table.keyColumns().size()) {
            return Optional.empty();
        }
        Map<String, String> types =
                table.columns().stream().collect(Collectors.toMap(Column::name, Column::typeName, (a, b) -> a));
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            String column = table.keyColumns().get(i);
            String value;
            try {
                // a plus stands for itself in a percent-encoded value
                value = URLDecoder.decode(values[i].replace("+", "%2B"), StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
            boolean bare = BARE.contains(types.getOrDefault(column, "text"))
                    && value.matches("-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?|true|false");
            parts.add(quote(column) + ":" + (bare ? value : quote(value)));
        }
        return Optional.of(new RowKey("{" + String.join(",", parts) + "}"));
    }

    /** Returns the key of a row; empty if it lacks a column of it. */
    public static Optional<RowKey> of(CapturedTable table, Row row) {
        Map<String, byte[]> columns = row.columns();
        List<String> parts = new ArrayList<>();
        for (String column : table.keyColumns()) {
            byte @Nullable [] value = columns.get(column);
            if (value == null) {
                return Optional.empty();
            }
            parts.add(quote(column) + ":" + new String(value, StandardCharsets.UTF_8));
        }
        return Optional.of(new RowKey("{" + String.join(",", parts) + "}"));
    }

    private static String quote(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsCharArray(text)) + '"';
    }
}
