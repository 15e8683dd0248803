package io.millrace.sync.sink.elasticsearch;

import io.millrace.event.Row;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the field of a column is called: as the column, with what Elasticsearch would read as something else percent-encoded, and so that
 * the column's name can be told from it. A dot would be a path ({@code v.v} could not stand beside {@code v}), a name of nothing but space
 * and those of the metadata fields are refused.
 */
final class FieldName {

    /** Elasticsearch's metadata fields, which are refused in a document, and what it keeps in Lucene under names of the same kind. */
    private static final Set<String> METADATA = Set.of(
            "__soft_deletes",
            "_data_stream_timestamp",
            "_doc_count",
            "_feature",
            "_field_names",
            "_id",
            "_ignored",
            "_ignored_source",
            "_index",
            "_inference_fields",
            "_nested_path",
            "_primary_term",
            "_recovery_source",
            "_recovery_source_size",
            "_routing",
            "_seq_no",
            "_size",
            "_source",
            "_tier",
            "_tombstone",
            "_ts_routing_hash",
            "_tsid",
            "_type",
            "_version");

    private static final Pattern ENCODED = Pattern.compile("(?:%[0-9A-F]{2})+");

    private FieldName() {}

    static String of(String column) {
        if (isPlain(column)) {
            return column;
        }
        StringBuilder field = new StringBuilder(column.length() + 8);
        boolean blank = column.isBlank();
        for (int i = 0; i < column.length(); i++) {
            char one = column.charAt(i);
            if (blank || one == '.' || looksEncoded(column, i) || i == 0 && METADATA.contains(column)) {
                for (byte part : String.valueOf(one).getBytes(StandardCharsets.UTF_8)) {
                    field.append('%').append(HexFormat.of().withUpperCase().toHexDigits(part));
                }
            } else {
                field.append(one);
            }
        }
        return field.toString();
    }

    /** Tells whether the field of a column is called as the column. */
    static boolean isPlain(String column) {
        return column.indexOf('.') < 0
                && !(column.indexOf('%') >= 0 && ENCODED.matcher(column).find())
                && !METADATA.contains(column)
                && !column.isBlank();
    }

    private static boolean looksEncoded(String column, int at) {
        return column.charAt(at) == '%'
                && ENCODED.matcher(column).region(at, column.length()).lookingAt();
    }

    /** Returns the name of the column that a field is of. */
    static String column(String field) {
        return field.indexOf('%') < 0
                ? field
                : ENCODED.matcher(field)
                        .replaceAll(found -> Matcher.quoteReplacement(new String(
                                HexFormat.of().parseHex(found.group().replace("%", "")), StandardCharsets.UTF_8)));
    }

    /** Returns a document's row under its columns' names. */
    static Row columns(Row document) {
        boolean[] encoded = new boolean[1];
        document.read((name, bytes, from, length) -> encoded[0] |= name.indexOf('%') >= 0);
        if (!encoded[0]) {
            return document;
        }
        Map<String, byte[]> columns = new LinkedHashMap<>();
        document.columns().forEach((name, value) -> columns.put(column(name), value));
        return Row.ofColumns(columns);
    }
}
