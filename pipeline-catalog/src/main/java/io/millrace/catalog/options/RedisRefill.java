package io.millrace.catalog.options;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a refill of Redis is told.
 *
 * @param formerPrefixes what the entries' keys began with under former templates; they are removed once the new ones are seen. No key of
 *     the present template begins so
 */
public record RedisRefill(List<String> formerPrefixes) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    public RedisRefill {
        formerPrefixes = List.copyOf(formerPrefixes);
    }

    /** Reads what {@link #toJson} wrote, and the one {@code formerPrefix} of former versions; what is not said is empty. */
    public static RedisRefill of(String json) {
        JsonNode told = JSON.readTree(json);
        List<String> former = new ArrayList<>();
        String one = told.path("formerPrefix").asString("");
        if (!one.isEmpty()) {
            former.add(one);
        }
        told.path("formerPrefixes").forEach(prefix -> former.add(prefix.asString()));
        return new RedisRefill(former);
    }

    public String toJson() {
        return formerPrefixes.isEmpty() ? "{}" : JSON.writeValueAsString(Map.of("formerPrefixes", formerPrefixes));
    }
}
