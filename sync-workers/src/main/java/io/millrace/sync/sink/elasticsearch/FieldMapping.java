package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.Column;
import io.millrace.catalog.options.ElasticsearchOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** What field a column becomes, by PostgreSQL's base type. Why, is in RATIONALE.md. */
final class FieldMapping {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** 8,191 characters are at most 32,764 bytes of UTF-8: below the 32,766 that Lucene takes as one term. */
    private static final int LONGEST_TERM = 8191;

    private static final Map<String, Object> KEYWORD = Map.of("type", "keyword", "ignore_above", LONGEST_TERM);
    private static final Map<String, Object> TEXT =
            Map.of("type", "text", "fields", Map.of("keyword", Map.of("type", "keyword", "ignore_above", 256)));
    private static final Map<String, Object> OPAQUE = Map.of("type", "object", "enabled", false);
    private static final Map<String, Object> UNINDEXED =
            Map.of("type", "keyword", "index", false, "doc_values", false, "ignore_above", LONGEST_TERM);

    private static final Set<String> WHOLE = Set.of("int2", "int4", "int8", "oid", "bool");
    private static final Set<String> JSON_TYPES = Set.of("json", "jsonb");

    private FieldMapping() {}

    static boolean isJson(Column column) {
        return JSON_TYPES.contains(column.typeName());
    }

    /** Returns {@code {"<name>":{...},...}}; {@code kinds} are the columns' own, where they are not what follows from the type. */
    static String properties(List<Column> columns, Map<String, String> kinds, boolean encodeNames) {
        Map<String, Object> properties = new LinkedHashMap<>();
        columns.forEach(column -> properties.put(
                encodeNames ? FieldName.of(column.name()) : column.name(), field(column, kinds.get(column.name()))));
        return JSON.writeValueAsString(properties);
    }

    /** A kind that the column's type does not allow is as if it were not there: the type may have changed since it was chosen. */
    static Map<String, Object> field(Column column, @Nullable String kind) {
        List<String> choices = ElasticsearchOptions.choices(column);
        String chosen = kind != null && choices.contains(kind) ? kind : choices.get(0);
        return ofKind(chosen, WHOLE.contains(column.typeName()));
    }

    /**
     * Elasticsearch takes nested arrays of scalars as one flat list, so the dimensions of an array do not matter. An array with bounds of
     * its own is a text, which a number's field would refuse with the whole document.
     *
     * @param whole whether every value of the column's type is one of the kind's
     */
    private static Map<String, Object> ofKind(String kind, boolean whole) {
        return switch (kind) {
            case "text+keyword" -> TEXT;
            case "keyword" -> KEYWORD;
            case "date", "date_nanos" -> date(kind);
            case "opaque" -> OPAQUE;
            case "dynamic" -> Map.of("type", "object", "dynamic", true);
            case "flattened" -> Map.of("type", "flattened", "ignore_above", LONGEST_TERM);
            case "unindexed" -> UNINDEXED;
            case "text" -> Map.of("type", "text");
            // a number may be NaN, a text no address, an array a text: the document is taken, the field is not
            // searchable there
            default -> whole ? Map.of("type", kind) : Map.of("type", kind, "ignore_malformed", true);
        };
    }

    /** Years beyond 9999 and BC, and infinity, stay in _source only. */
    private static Map<String, Object> date(String type) {
        return Map.of("type", type, "format", "strict_date_optional_time", "ignore_malformed", true);
    }
}
