package io.millrace.catalog.options;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a refill of Redis is told.
 *
 * @param formerPrefix what the entries' keys began with before; they are removed at the end. Null where that has not changed
 */
public record RedisRefill(@Nullable String formerPrefix) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Reads what {@link #toJson} wrote; what is not said is null. */
    public static RedisRefill of(String json) {
        return new RedisRefill(JSON.readTree(json).path("formerPrefix").asString(null));
    }

    public String toJson() {
        return formerPrefix == null ? "{}" : JSON.writeValueAsString(Map.of("formerPrefix", formerPrefix));
    }
}
