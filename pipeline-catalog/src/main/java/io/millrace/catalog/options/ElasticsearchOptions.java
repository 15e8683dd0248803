package io.millrace.catalog.options;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.shaping.Shaping;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * Options of a table in Elasticsearch: {@code {"mapping": {"amount": "double"}}}.
 *
 * @param mapping the kind of field by column, where it is not the one that follows from the column's type; people name columns as the
 *     source does, here they are called what the binding's shaping calls them
 */
public record ElasticsearchOptions(Map<String, String> mapping) {

    public static final String SINK = "elasticsearch";

    private static final String MAPPING = "mapping";

    public static ElasticsearchOptions of(CapturedTable table) {
        Shaping shaping = OptionsCheck.shaping(table, SINK);
        Map<String, String> mapping = new LinkedHashMap<>();
        OptionsCheck.of(table, SINK)
                .path(MAPPING)
                .properties()
                .forEach(column -> mapping.put(
                        shaping.nameOf(column.getKey()), column.getValue().asString("")));
        return new ElasticsearchOptions(mapping);
    }

    /** Returns the kinds of field that a column can become; the first is what it becomes unless it is said otherwise. */
    public static List<String> choices(Column column) {
        String type = column.typeName();
        String element = type.startsWith("_") ? type.substring(1) : type;
        return switch (element) {
            case "int2" -> List.of("short", "integer", "long", "keyword", "unindexed");
            case "int4" -> List.of("integer", "long", "double", "keyword", "unindexed");
            case "int8", "oid" -> List.of("long", "double", "keyword", "unindexed");
            case "float4", "float8" ->
                element.equals("float4")
                        ? List.of("float", "double", "keyword", "unindexed")
                        : List.of("double", "float", "keyword", "unindexed");
            case "numeric", "money" -> List.of("keyword", "double", "long", "unindexed");
            case "bool" -> List.of("boolean", "keyword", "unindexed");
            case "text", "varchar", "bpchar", "citext", "xml" ->
                List.of("text+keyword", "text", "keyword", "ip", "date", "unindexed");
            case "date", "timestamp", "timestamptz" -> List.of("date", "date_nanos", "keyword", "unindexed");
            case "json", "jsonb" ->
                type.startsWith("_") ? List.of("keyword", "unindexed") : List.of("opaque", "flattened", "dynamic");
            case "bytea" -> List.of("unindexed");
            case "inet" -> List.of("keyword", "ip", "text", "unindexed");
            default -> List.of("keyword", "text", "unindexed");
        };
    }

    static void check(CapturedTable table, JsonNode options, Map<String, String> problems) {
        JsonNode mapping = options.path(MAPPING);
        if (!mapping.isMissingNode() && !mapping.isObject()) {
            problems.put(MAPPING, "mapping must be an object: a kind of field by column.");
            return;
        }
        for (Map.Entry<String, JsonNode> one : mapping.properties()) {
            String member = MAPPING + "." + one.getKey();
            Column column = table.columns().stream()
                    .filter(candidate -> candidate.name().equals(one.getKey()))
                    .findFirst()
                    .orElse(null);
            if (column == null) {
                problems.put(member, table.table() + " has no column named '" + one.getKey() + "'.");
            } else if (!one.getValue().isString()
                    || !choices(column).contains(one.getValue().asString())) {
                problems.put(
                        member,
                        "A " + column.type() + " cannot become " + one.getValue() + "; it can be: "
                                + String.join(", ", choices(column)) + ".");
            }
        }
    }
}
