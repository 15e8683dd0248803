package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.Column;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/** What field a column becomes, by PostgreSQL's base type. Why, is in RATIONALE.md. */
final class FieldMapping {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** 8,191 characters are at most 32,764 bytes of UTF-8: below the 32,766 that Lucene takes as one term. */
    private static final int LONGEST_TERM = 8191;

    private static final Map<String, Object> KEYWORD = Map.of("type", "keyword", "ignore_above", LONGEST_TERM);
    private static final Map<String, Object> TEXT =
            Map.of("type", "text", "fields", Map.of("keyword", Map.of("type", "keyword", "ignore_above", 256)));
    /** Years beyond 9999 and BC, and infinity, stay in _source only. */
    private static final Map<String, Object> DATE =
            Map.of("type", "date", "format", "strict_date_optional_time", "ignore_malformed", true);

    private static final Map<String, Object> OPAQUE = Map.of("type", "object", "enabled", false);
    private static final Map<String, Object> UNINDEXED =
            Map.of("type", "keyword", "index", false, "doc_values", false, "ignore_above", LONGEST_TERM);

    private static final Set<String> JSON_TYPES = Set.of("json", "jsonb");

    private FieldMapping() {}

    static boolean isJson(Column column) {
        return JSON_TYPES.contains(column.typeName());
    }

    /** Returns {@code {"<name>":{...},...}}. */
    static String properties(List<Column> columns) {
        Map<String, Object> properties = new java.util.LinkedHashMap<>();
        columns.forEach(column -> properties.put(column.name(), field(column.typeName())));
        return JSON.writeValueAsString(properties);
    }

    static Map<String, Object> field(String typeName) {
        if (typeName.startsWith("_")) {
            return element(typeName.substring(1));
        }
        return switch (typeName) {
            case "int2" -> Map.of("type", "short");
            case "int4" -> Map.of("type", "integer");
            case "int8", "oid" -> Map.of("type", "long");
            case "float4" -> Map.of("type", "float", "ignore_malformed", true);
            case "float8" -> Map.of("type", "double", "ignore_malformed", true);
            case "bool" -> Map.of("type", "boolean");
            case "text", "varchar", "bpchar", "citext", "xml" -> TEXT;
            case "date", "timestamp", "timestamptz" -> DATE;
            case "json", "jsonb" -> OPAQUE;
            case "bytea" -> UNINDEXED;
            default -> KEYWORD;
        };
    }

    /**
     * Elasticsearch takes nested arrays of scalars as one flat list, so the dimensions of an array do not matter. An array with bounds of
     * its own is a text, which a number's field would refuse with the whole document.
     */
    private static Map<String, Object> element(String typeName) {
        if (JSON_TYPES.contains(typeName)) {
            return KEYWORD;
        }
        Map<String, Object> field = field(typeName);
        return switch (String.valueOf(field.get("type"))) {
            case "short", "integer", "long", "boolean" ->
                Map.of("type", String.valueOf(field.get("type")), "ignore_malformed", true);
            default -> field;
        };
    }
}
