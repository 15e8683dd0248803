package io.millrace.admin.shaping;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A tried change as the page shows it: the row and what is sent of it, side by side.
 *
 * @param key in words
 */
record PreviewRow(PreviewEvent event, String key, List<Line> lines) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /**
     * A field of either side.
     *
     * @param column its name at the source; null where it has none
     * @param row its value there
     * @param name its name in the sink; null where it is not sent
     * @param sent its value there
     */
    record Line(
            @Nullable String column,
            @Nullable String row,
            @Nullable String name,
            @Nullable String sent) {

        public boolean changed() {
            return !Objects.equals(column, name) || !Objects.equals(row, sent);
        }
    }

    static PreviewRow of(PreviewEvent event, Map<String, String> names) {
        Map<String, String> row = fields(event.row());
        Map<String, String> sent = fields(event.sent());
        List<Line> lines = new ArrayList<>();
        row.forEach((column, value) -> {
            String name = names.getOrDefault(column, column);
            boolean there = sent.containsKey(name);
            lines.add(new Line(column, value, there ? name : null, sent.remove(name)));
        });
        sent.forEach((name, value) -> lines.add(new Line(null, null, name, value)));
        return new PreviewRow(event, String.join(", ", fields(event.key()).values()), lines);
    }

    private static Map<String, String> fields(@Nullable String json) {
        Map<String, String> fields = new LinkedHashMap<>();
        if (json != null) {
            JSON.readTree(json).properties().forEach(field -> fields.put(field.getKey(), text(field.getValue())));
        }
        return fields;
    }

    private static String text(JsonNode value) {
        if (value.isNull()) {
            return "NULL";
        }
        String text = value.isString() ? value.stringValue() : value.toString();
        if (text.equals(io.millrace.event.ChangeEventCodec.UNAVAILABLE)) {
            return "not sent: stays as it is";
        }
        return text.length() > 300 ? text.substring(0, 300) + "…" : text;
    }

    public String word() {
        return switch (event.outcome()) {
            case SENT -> "sent";
            case DELETED -> "deleted there";
            case PASSED_OVER -> "passed over";
            case REFUSED -> "dead letter";
        };
    }

    public String tone() {
        return switch (event.outcome()) {
            case SENT -> "ok";
            case DELETED -> "warn";
            case PASSED_OVER -> "idle";
            case REFUSED -> "bad";
        };
    }
}
