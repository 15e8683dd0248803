package io.millrace.admin.history;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.Column;
import io.millrace.event.RowKey;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Turns a key as people and URLs write it into the canonical JSON that events carry, and back. */
final class KeyText {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> NUMBERS = Set.of("int2", "int4", "int8", "oid", "float4", "float8");

    private KeyText() {}

    /** Returns the values in a key's text: the text itself for one column, else percent-encoded values joined by commas. */
    static List<String> values(String text, int columns) {
        return columns == 1
                ? List.of(text)
                : List.of(text.split(",", -1)).stream().map(KeyText::decode).toList();
    }

    private static String decode(String part) {
        if (part.indexOf('%') < 0) {
            return part;
        }
        try {
            return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return part;
        }
    }

    /**
     * Returns the key as events carry it.
     *
     * @throws Problem if the text does not fit the key's columns
     */
    static RowKey canonical(String text, List<String> keyColumns, List<Column> columns) {
        List<String> values = values(text, keyColumns.size());
        if (values.size() != keyColumns.size()) {
            throw Problem.badRequest("The key of this table has the columns " + String.join(", ", keyColumns)
                    + "; give their values in this order, percent-encoded and joined by commas.");
        }
        Map<String, Column> byName = columns.stream().collect(Collectors.toMap(Column::name, column -> column));
        StringBuilder json = new StringBuilder("{");
        for (int i = 0; i < values.size(); i++) {
            Column column = byName.get(keyColumns.get(i));
            json.append(i == 0 ? "" : ",")
                    .append(JSON.writeValueAsString(keyColumns.get(i)))
                    .append(':')
                    .append(value(values.get(i).strip(), values.get(i), column == null ? "text" : column.typeName()));
        }
        return new RowKey(json.append('}').toString());
    }

    private static String value(String stripped, String exact, String type) {
        if (NUMBERS.contains(type) && stripped.matches("[+-]?[0-9][0-9.eE+-]*")) {
            boolean integer = type.startsWith("int") || type.equals("oid");
            return integer ? integer(stripped) : stripped;
        }
        if (type.equals("bool") && (stripped.equals("true") || stripped.equals("false"))) {
            return stripped;
        }
        return JSON.writeValueAsString(exact);
    }

    private static String integer(String text) {
        try {
            return Long.toString(Long.parseLong(text));
        } catch (NumberFormatException e) {
            return JSON.writeValueAsString(text);
        }
    }

    /** Returns what {@link #values} reads, the key's columns in this order; those unknown come last. */
    static String encoded(String keyJson, List<String> keyColumns) {
        JsonNode key = JSON.readTree(keyJson);
        if (key.size() == 1) {
            return scalar(key.iterator().next());
        }
        return names(key, keyColumns).stream()
                .map(name -> RowKey.percentEncode(scalar(key.get(name))))
                .collect(Collectors.joining(","));
    }

    /** Returns a key for people: {@code 42}, or {@code order_id 7, line_no 2}. */
    static String words(String keyJson, List<String> keyColumns) {
        JsonNode key = JSON.readTree(keyJson);
        if (key.size() == 1) {
            return scalar(key.iterator().next());
        }
        return names(key, keyColumns).stream()
                .map(name -> name + " " + scalar(key.get(name)))
                .collect(Collectors.joining(", "));
    }

    /** jsonb forgets the order of columns: the table's own comes first, then what it does not know. */
    private static List<String> names(JsonNode key, List<String> keyColumns) {
        Set<String> names = new LinkedHashSet<>(keyColumns);
        names.addAll(key.propertyNames());
        names.retainAll(key.propertyNames());
        return List.copyOf(names);
    }

    private static String scalar(JsonNode value) {
        return value.isString() ? value.stringValue() : value.toString();
    }
}
