package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.event.Row;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/** What a row looks like as a document: as it is, but for json columns, which are objects where they parse, and what fields are called. */
final class Document {

    /** As strict as Elasticsearch, which refuses a document that holds one name twice in an object. */
    private static final JsonFactory STRICT = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private Document() {}

    static Set<String> jsonColumns(CapturedTable table) {
        return table.columns().stream()
                .filter(FieldMapping::isJson)
                .map(Column::name)
                .collect(Collectors.toSet());
    }

    /** Tells whether a table has columns whose fields are not called as they are. */
    static boolean hasOtherNames(CapturedTable table) {
        return table.columns().stream().map(Column::name).anyMatch(name -> !FieldName.isPlain(name));
    }

    /** Returns the row under its fields' names. */
    static Row fields(Row row) {
        Map<String, byte[]> fields = new LinkedHashMap<>();
        row.columns().forEach((name, value) -> fields.put(FieldName.of(name), value));
        return Row.ofColumns(fields);
    }

    /** Returns the row with the text of its json columns opened up. */
    static Row open(Row row, Set<String> jsonColumns) {
        if (jsonColumns.isEmpty()) {
            return row;
        }
        Map<String, byte[]> columns = row.columns();
        columns.replaceAll((name, value) -> jsonColumns.contains(name) ? opened(value) : value);
        return Row.ofColumns(columns);
    }

    private static byte[] opened(byte[] json) {
        if (json[0] != '"') {
            return json;
        }
        String text;
        try (JsonParser outer = STRICT.createParser(ObjectReadContext.empty(), json)) {
            outer.nextToken();
            text = outer.getString();
        }
        try (JsonParser inner = STRICT.createParser(ObjectReadContext.empty(), text)) {
            inner.nextToken();
            inner.skipChildren();
            return inner.nextToken() == null ? oneLine(text) : json;
        } catch (JacksonException e) {
            return json;
        }
    }

    /** A bulk body ends documents by line feeds, which inside valid JSON are nothing but space. */
    static byte[] oneLine(String json) {
        return json.replace('\n', ' ').replace('\r', ' ').getBytes(StandardCharsets.UTF_8);
    }

    /** Returns only the columns that the table has. */
    static Row known(Row row, CapturedTable table) {
        Map<String, byte[]> columns = row.columns();
        columns.keySet().retainAll(table.columns().stream().map(Column::name).collect(Collectors.toSet()));
        return Row.ofColumns(columns);
    }
}
