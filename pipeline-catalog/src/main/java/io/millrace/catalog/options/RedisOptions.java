package io.millrace.catalog.options;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.shaping.Shaping;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Options of a table in Redis: {@code {"format": "hash", "key": "order:{id}", "timeToLive": "7d"}}.
 *
 * @param key names the entry of a row
 * @param timeToLive how long after its change an entry is there; null for ever
 */
public record RedisOptions(
        Format format, KeyTemplate key, @Nullable Duration timeToLive) {

    public static final String SINK = "redis";

    private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,8})\\s*(s|m|h|d)");

    /** What an entry is. */
    public enum Format {
        /** The row as one JSON object in a string. */
        JSON,
        /** A field by column; NULL is a field that is not there. */
        HASH
    }

    /** Returns a table's options as they were stored; what cannot be read is as if it were not there. */
    public static RedisOptions of(CapturedTable table) {
        JsonNode options = OptionsCheck.of(table, SINK);
        Format format = "hash".equals(options.path("format").asString("")) ? Format.HASH : Format.JSON;
        String timeToLive = options.path("timeToLive").asString("");
        return new RedisOptions(format, template(options), timeToLive.isBlank() ? null : duration(timeToLive));
    }

    /** Returns the template that options name, stored or about to be. */
    public static KeyTemplate template(JsonNode options) {
        String key = options.path("key").asString("");
        return KeyTemplate.of(key.isBlank() ? KeyTemplate.DEFAULT : key);
    }

    /** Returns the source's names of key columns, which templates use, whatever the binding's shaping calls them. */
    public static List<String> keyColumns(CapturedTable table) {
        Shaping shaping = OptionsCheck.shaping(table, SINK);
        return table.keyColumns().stream().map(shaping::columnOf).toList();
    }

    private static @Nullable Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text.strip());
        if (!matcher.matches()) {
            return null;
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }

    static void check(CapturedTable table, JsonNode options, List<CapturedTable> others, Map<String, String> problems) {
        JsonNode format = options.path("format");
        if (!format.isMissingNode() && !List.of("json", "hash").contains(format.asString(""))) {
            problems.put("format", "The format must be json or hash.");
        }
        JsonNode timeToLive = options.path("timeToLive");
        if (!timeToLive.isMissingNode()
                && !timeToLive.asString("").isBlank()
                && duration(timeToLive.asString("")) == null) {
            problems.put("timeToLive", "The time to live must be a number and a unit, s, m, h or d: for example 7d.");
        }
        String key = options.path("key").asString("");
        (key.isBlank() ? KeyTemplate.checkDefault(table, others) : KeyTemplate.check(key, table, others))
                .ifPresent(problem -> problems.put("key", problem));
    }
}
