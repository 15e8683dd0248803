package io.millrace.catalog.options;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a refill of Redis is told.
 *
 * @param anew whether entries are replaced that stand there in the same version: their options were changed, or a person doubts them
 * @param formerPrefix what the entries' keys began with before; they are removed at the end. Null where that has not changed
 */
public record RedisRefill(boolean anew, @Nullable String formerPrefix) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Reads what {@link #toJson} wrote; what is not said is false, or null. */
    public static RedisRefill of(String json) {
        JsonNode read = JSON.readTree(json);
        return new RedisRefill(
                read.path("anew").asBoolean(false), read.path("formerPrefix").asString(null));
    }

    public String toJson() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("anew", anew);
        if (formerPrefix != null) {
            members.put("formerPrefix", formerPrefix);
        }
        return JSON.writeValueAsString(members);
    }
}
