package io.millrace.sync.sink.redis;

import io.millrace.event.Row;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** A row as fields of a HASH: strings without their quotes, other values as their JSON, NULL not at all. */
final class HashFields {

    private static final JsonFactory JSON = JsonFactory.builder().build();

    private HashFields() {}

    /** Returns what the script takes: how many fields have values, name and value of each, then the names of those to keep. */
    static List<byte[]> arguments(Row row, Set<String> unavailable) {
        List<byte[]> fields = fields(row, unavailable);
        List<byte[]> all = new ArrayList<>(fields.size() + unavailable.size() + 1);
        all.add(Integer.toString(fields.size() / 2).getBytes(StandardCharsets.US_ASCII));
        all.addAll(fields);
        unavailable.forEach(column -> all.add(column.getBytes(StandardCharsets.UTF_8)));
        return all;
    }

    /** Returns name and value of each column that is not NULL. */
    static List<byte[]> values(Row row) {
        return fields(row, Set.of());
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

    private static byte[] text(byte[] json) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            return parser.getString().getBytes(StandardCharsets.UTF_8);
        }
    }
}
