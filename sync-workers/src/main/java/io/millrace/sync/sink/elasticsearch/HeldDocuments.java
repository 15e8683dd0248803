package io.millrace.sync.sink.elasticsearch;

import io.millrace.event.Row;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Body;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Refused;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads documents by id, in real time: what was written a moment ago is seen, refreshed or not. A document whose shard does not answer is
 * not taken for one that does not exist: the server says so in the document's place, with the status 200, and the read is RETRYABLE then.
 */
final class HeldDocuments {

    /** A document as it stands, its row under the columns' names. */
    record Held(Row row, long version) {}

    private final ElasticsearchAccess elasticsearch;

    HeldDocuments(ElasticsearchAccess elasticsearch) {
        this.elasticsearch = elasticsearch;
    }

    /** Returns those that exist, by id. */
    Map<String, Held> read(String alias, Collection<String> ids) throws SinkException {
        try {
            return elasticsearch.exchange("POST", path(alias), body(ids), HeldDocuments::documents);
        } catch (Refused e) {
            return none(e);
        }
    }

    /** As {@link #read}; empty where the answer has more than so many bytes. */
    Optional<Map<String, Held>> readUpTo(int bytes, String alias, Collection<String> ids) throws SinkException {
        try {
            return elasticsearch.exchangeUpTo(bytes, "POST", path(alias), body(ids), HeldDocuments::documents);
        } catch (Refused e) {
            return Optional.of(none(e));
        }
    }

    /** Returns the versions of those that exist, by id. */
    Map<String, Long> versions(String alias, Collection<String> ids) throws SinkException {
        if (ids.isEmpty()) {
            return Map.of();
        }
        try {
            return elasticsearch.exchange(
                    "POST",
                    path(alias) + "&_source=false&filter_path=docs._id,docs._version,docs.error",
                    body(ids),
                    (tokens, answer) -> {
                        Map<String, Long> found = new HashMap<>();
                        inArray(tokens, "docs", () -> version(tokens, found));
                        return found;
                    });
        } catch (Refused e) {
            return none(e);
        }
    }

    private static String path(String alias) {
        return "/" + alias + "/_mget?realtime=true";
    }

    private static Body body(Collection<String> ids) {
        return Body.json(ids.stream().map(id -> '"' + id + '"').collect(Collectors.joining(",", "{\"ids\":[", "]}")));
    }

    private <T> Map<String, T> none(Refused e) throws SinkException {
        if (e.status() == 404) {
            return Map.of();
        }
        throw elasticsearch.fault(e);
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

    private static Map<String, Held> documents(JsonParser tokens, byte[] answer) throws SinkException {
        Map<String, Held> found = new HashMap<>();
        inArray(tokens, "docs", () -> document(tokens, answer, found));
        return found;
    }

    private interface Element {
        void read() throws SinkException;
    }

    /** Reads each object of an array that the answer has. */
    private static void inArray(JsonParser tokens, String array, Element reader) throws SinkException {
        tokens.nextToken();
        for (String name = tokens.nextName(); name != null; name = tokens.nextName()) {
            JsonToken value = tokens.nextToken();
            if (name.equals(array) && value == JsonToken.START_ARRAY) {
                while (tokens.nextToken() == JsonToken.START_OBJECT) {
                    reader.read();
                }
            } else {
                tokens.skipChildren();
            }
        }
    }

    /** Reads one document; one without its source was not found. */
    private static void document(JsonParser tokens, byte[] answer, Map<String, Held> found) throws SinkException {
        String id = null;
        long version = 0;
        Row source = null;
        for (String name = tokens.nextName(); name != null; name = tokens.nextName()) {
            tokens.nextToken();
            switch (name) {
                case "_id" -> id = tokens.getString();
                case "_version" -> version = tokens.getLongValue();
                case "_source" -> source = slice(tokens, answer);
                case "error" -> requireNoFault(tokens);
                default -> tokens.skipChildren();
            }
        }
        if (id != null && source != null) {
            found.put(id, new Held(source, version));
        }
    }

    /** Reads the version of one document; one without was not found. */
    static void version(JsonParser tokens, Map<String, Long> found) throws SinkException {
        String id = null;
        Long version = null;
        for (String name = tokens.nextName(); name != null; name = tokens.nextName()) {
            tokens.nextToken();
            switch (name) {
                case "_id" -> id = tokens.getString();
                case "_version" -> version = tokens.getLongValue();
                case "error" -> requireNoFault(tokens);
                default -> tokens.skipChildren();
            }
        }
        if (id != null && version != null) {
            found.put(id, version);
        }
    }

    /** Where there is no index there is no document; whatever else keeps it from being read may pass. */
    private static void requireNoFault(JsonParser tokens) throws SinkException {
        StringBuilder reason = new StringBuilder();
        String type = ItemResult.error(tokens, reason);
        if (!ItemResult.NO_SUCH_INDEX.equals(type)) {
            throw SinkException.retryable("Elasticsearch cannot read a document now: " + type + ": " + reason, null);
        }
    }

    private static Row slice(JsonParser tokens, byte[] answer) {
        int from = (int) tokens.currentTokenLocation().getByteOffset();
        tokens.skipChildren();
        int to = (int) tokens.currentLocation().getByteOffset();
        return FieldName.columns(new Row(answer, from, to - from));
    }
}
