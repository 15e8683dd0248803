package io.millrace.sync.sink.elasticsearch;

import io.millrace.event.Row;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Body;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Refused;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads documents by id, in real time: what was written a moment ago is seen, refreshed or not. */
final class HeldDocuments {

    /** A document as it stands, its row under the columns' names. */
    record Held(Row row, long version) {}

    private final ElasticsearchAccess elasticsearch;

    HeldDocuments(ElasticsearchAccess elasticsearch) {
        this.elasticsearch = elasticsearch;
    }

    /** Returns those that exist, by id. */
    Map<String, Held> read(String alias, Collection<String> ids) throws SinkException {
        String body = ids.stream().map(id -> '"' + id + '"').collect(Collectors.joining(",", "{\"ids\":[", "]}"));
        try {
            return elasticsearch.exchange(
                    "POST", "/" + alias + "/_mget?realtime=true", Body.json(body), HeldDocuments::documents);
        } catch (Refused e) {
            if (e.status() == 404) {
                return Map.of();
            }
            throw elasticsearch.fault(e);
        }
    }

    /** Tells whether there is an index or an alias of that name. */
    boolean exist(String alias) throws SinkException {
        try {
            return elasticsearch.exchange("GET", "/_alias/" + alias, null, (tokens, answer) -> true);
        } catch (Refused e) {
            if (e.status() == 404) {
                return false;
            }
            throw elasticsearch.fault(e);
        }
    }

    private static Map<String, Held> documents(JsonParser tokens, byte[] answer) {
        Map<String, Held> found = new HashMap<>();
        tokens.nextToken();
        for (String name = tokens.nextName(); name != null; name = tokens.nextName()) {
            JsonToken value = tokens.nextToken();
            if (name.equals("docs") && value == JsonToken.START_ARRAY) {
                while (tokens.nextToken() == JsonToken.START_OBJECT) {
                    document(tokens, answer, found, null);
                }
            } else {
                tokens.skipChildren();
            }
        }
        return found;
    }

    /** Reads one document; one without its source counts as {@code otherwise}, or as not found. */
    static void document(JsonParser tokens, byte[] answer, Map<String, Held> found, @Nullable Row otherwise) {
        String id = null;
        long version = 0;
        Row source = otherwise;
        for (String name = tokens.nextName(); name != null; name = tokens.nextName()) {
            tokens.nextToken();
            switch (name) {
                case "_id" -> id = tokens.getString();
                case "_version" -> version = tokens.getLongValue();
                case "_source" -> source = slice(tokens, answer);
                default -> tokens.skipChildren();
            }
        }
        add(found, id, version, source);
    }

    private static void add(Map<String, Held> found, @Nullable String id, long version, @Nullable Row source) {
        if (id != null && source != null) {
            found.put(id, new Held(source, version));
        }
    }

    private static Row slice(JsonParser tokens, byte[] answer) {
        int from = (int) tokens.currentTokenLocation().getByteOffset();
        tokens.skipChildren();
        int to = (int) tokens.currentLocation().getByteOffset();
        return FieldName.columns(new Row(answer, from, to - from));
    }
}
