package io.millrace.sync.sink.redis;

import io.lettuce.core.SetArgs;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What stands in each part of Redis to tell whether it forgot.
 *
 * @param id another one means another content
 * @param offsets by topic and partition, below which everything was in Redis when this was written
 */
record Marker(String id, Map<String, Map<Integer, Long>> offsets) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Returns a marker that never stood anywhere. */
    static Marker fresh(Map<String, Map<Integer, Long>> offsets) {
        return new Marker(UUID.randomUUID().toString(), offsets);
    }

    /** Returns what stands there; null if there is nothing, or something else. */
    static @Nullable Marker read(Link link, Node node)
            throws ExecutionException, InterruptedException, TimeoutException {
        byte[] json = link.one(all -> all.get(node.markerKey()));
        try {
            return json == null ? null : JSON.readValue(json, Marker.class);
        } catch (JacksonException e) {
            return null;
        }
    }

    /** Puts it where a marker stands: one that is gone by now, and all else with it, is not made up for. */
    void replace(Link link, Node node) throws ExecutionException, InterruptedException, TimeoutException {
        byte[] json = JSON.writeValueAsString(this).getBytes(StandardCharsets.UTF_8);
        link.one(all -> all.set(node.markerKey(), json, SetArgs.Builder.xx()));
    }

    void write(Link link, Node node) throws ExecutionException, InterruptedException, TimeoutException {
        byte[] json = JSON.writeValueAsString(this).getBytes(StandardCharsets.UTF_8);
        link.one(all -> all.set(node.markerKey(), json));
    }
}
