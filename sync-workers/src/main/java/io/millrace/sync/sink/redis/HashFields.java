package io.millrace.sync.sink.redis;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.Row;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.core.json.JsonFactory;

/** A row as fields of a HASH: strings without their quotes, other values as their JSON, NULL not at all. */
final class HashFields {

    private static final JsonFactory JSON = JsonFactory.builder().build();

    private static final Set<String> BARE = Set.of("int2", "int4", "int8", "oid", "float4", "float8", "bool");
    private static final Pattern NUMBER_OR_TRUTH = Pattern.compile("-?\\d+(\\.\\d+)?([eE][+-]?\\d+)?|true|false");

    private HashFields() {}

    /** Returns what the script takes: how many fields have values, name and value of each, then the names of those to keep. */
    static List<byte[]> arguments(Row row, Set<String> unavailable) {
        return arguments(fields(row, unavailable), unavailable);
    }

    /** Returns what the script takes of a row whose other values were found: names and values of these, in turn. */
    static List<byte[]> arguments(Row row, Set<String> unavailable, List<byte[]> found) {
        List<byte[]> fields = fields(row, unavailable);
        fields.addAll(found);
        return arguments(fields, Set.of());
    }

    private static List<byte[]> arguments(List<byte[]> fields, Set<String> kept) {
        List<byte[]> all = new ArrayList<>(fields.size() + kept.size() + 1);
        all.add(Integer.toString(fields.size() / 2).getBytes(StandardCharsets.US_ASCII));
        all.addAll(fields);
        kept.forEach(column -> all.add(column.getBytes(StandardCharsets.UTF_8)));
        return all;
    }

    private static List<byte[]> fields(Row row, Set<String> without) {
        List<byte[]> fields = new ArrayList<>();
        for (Map.Entry<String, byte[]> column : row.columns().entrySet()) {
            byte[] value = column.getValue();
            boolean isNull = value.length == 4 && value[0] == 'n';
            if (!isNull && !without.contains(column.getKey())) {
                fields.add(column.getKey().getBytes(StandardCharsets.UTF_8));
                fields.add(value[0] == '"' ? text(value) : value);
            }
        }
        return fields;
    }

    /** Returns the row that fields were made of, as far as the columns' types tell numbers from texts. */
    static String json(Map<byte[], byte[]> fields, CapturedTable table) {
        Map<String, String> types = new HashMap<>();
        table.columns().forEach(column -> types.put(column.name(), column.typeName()));
        StringBuilder json = new StringBuilder("{");
        fields.forEach((name, value) -> {
            String column = new String(name, StandardCharsets.UTF_8);
            String text = new String(value, StandardCharsets.UTF_8);
            json.append(json.length() == 1 ? "" : ",").append(quoted(column)).append(':');
            String type = types.getOrDefault(column, "text");
            boolean bare = type.startsWith("_") && text.startsWith("[")
                    || BARE.contains(type) && NUMBER_OR_TRUTH.matcher(text).matches();
            json.append(bare ? text : quoted(text));
        });
        return json.append('}').toString();
    }

    private static String quoted(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsCharArray(text)) + '"';
    }

    private static byte[] text(byte[] json) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            return parser.getString().getBytes(StandardCharsets.UTF_8);
        }
    }
}
