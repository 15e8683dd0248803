package io.millrace.catalog.options;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.shaping.Shaping;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Checks the options of a binding before they are stored. */
public final class OptionsCheck {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private OptionsCheck() {}

    /**
     * Returns what is wrong, by member ({@code mapping.amount}), each in a sentence with the way out; empty if nothing is. Members that
     * belong to no sink's own options are not looked at.
     *
     * @param others all captured tables, since two must not write the same keys
     */
    public static Map<String, String> check(
            CapturedTable table, String sink, String options, List<CapturedTable> others) {
        Map<String, String> problems = new LinkedHashMap<>();
        JsonNode given;
        try {
            given = JSON.readTree(options);
        } catch (JacksonException e) {
            return Map.of("options", "The options are not JSON: " + e.getOriginalMessage());
        }
        if (!given.isObject()) {
            return Map.of("options", "The options must be a JSON object.");
        }
        switch (sink) {
            case ElasticsearchOptions.SINK -> ElasticsearchOptions.check(table, given, problems);
            case RedisOptions.SINK -> RedisOptions.check(table, given, others, problems);
            default -> {
                // other sinks have none of their own
            }
        }
        return problems;
    }

    static JsonNode of(CapturedTable table, String sink) {
        return table.sinks().stream()
                .filter(binding -> binding.sink().equals(sink))
                .findFirst()
                .map(binding -> JSON.readTree(binding.options()))
                .orElseGet(JSON::createObjectNode);
    }

    /** Returns how a sink gets the table. */
    static Shaping shaping(CapturedTable table, String sink) {
        return table.sinks().stream()
                .filter(binding -> binding.sink().equals(sink) && binding.shaping() != null)
                .findFirst()
                .map(binding -> Shaping.parse(String.valueOf(binding.shaping())))
                .orElse(Shaping.NONE);
    }
}
