package io.millrace.sync.sink.elasticsearch;

import io.millrace.event.Row;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Body;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Refused;
import io.millrace.sync.sink.elasticsearch.HeldDocuments.Held;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.json.JsonMapper;

/** Reads all documents of an index, page by page, as they were when it began. */
final class Scroll {

    private static final Logger log = LoggerFactory.getLogger(Scroll.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Row NO_SOURCE = Row.of("{}");

    private final ElasticsearchAccess elasticsearch;
    private final int pageSize;

    /** Takes a page. */
    interface Reader<E extends Exception> {
        void read(Map<String, Held> page) throws SinkException, E;
    }

    private record Page(@Nullable String scroll, Map<String, Held> documents) {}

    Scroll(ElasticsearchAccess elasticsearch, int pageSize) {
        this.elasticsearch = elasticsearch;
        this.pageSize = pageSize;
    }

    /**
     * Gives every page to the reader; without sources the documents' rows are empty.
     *
     * @throws IndexGoneException if there is no such index, or not any more
     */
    <E extends Exception> void all(String index, boolean sources, Reader<E> reader) throws SinkException, E {
        // a search sees only what was refreshed
        ask(index, "/" + index + "/_refresh", null, (tokens, answer) -> true);
        Page page = ask(
                index,
                "/" + index + "/_search?scroll=5m",
                Body.json(
                        "{\"size\":" + pageSize + ",\"version\":true,\"_source\":" + sources + ",\"sort\":[\"_doc\"]}"),
                Scroll::page);
        try {
            while (!page.documents().isEmpty()) {
                reader.read(page.documents());
                page = elasticsearch.call(
                        "POST",
                        "/_search/scroll",
                        Body.json(JSON.writeValueAsString(
                                Map.of("scroll", "5m", "scroll_id", String.valueOf(page.scroll())))),
                        Scroll::page);
            }
        } finally {
            free(page);
        }
    }

    /** The server would keep it for minutes, and has room for few. */
    private void free(Page page) {
        try {
            elasticsearch.call(
                    "DELETE",
                    "/_search/scroll",
                    Body.json(JSON.writeValueAsString(Map.of("scroll_id", String.valueOf(page.scroll())))),
                    (tokens, answer) -> true);
        } catch (SinkException e) {
            log.debug("A search is left for the server to end", e);
        }
    }

    private <T> T ask(String index, String path, @Nullable Body body, ElasticsearchAccess.Reader<T> reader)
            throws SinkException {
        try {
            return elasticsearch.exchange("POST", path, body, reader);
        } catch (Refused e) {
            throw e.status() == 404 ? new IndexGoneException(index, e) : elasticsearch.fault(e);
        }
    }

    private static Page page(JsonParser tokens, byte[] answer) {
        String scroll = null;
        Map<String, Held> documents = new LinkedHashMap<>();
        tokens.nextToken();
        for (String name = tokens.nextName(); name != null; name = tokens.nextName()) {
            JsonToken value = tokens.nextToken();
            if (name.equals("_scroll_id")) {
                scroll = tokens.getString();
            } else if (name.equals("hits") && value == JsonToken.START_OBJECT) {
                hits(tokens, answer, documents);
            } else {
                tokens.skipChildren();
            }
        }
        return new Page(scroll, documents);
    }

    private static void hits(JsonParser tokens, byte[] answer, Map<String, Held> documents) {
        for (String name = tokens.nextName(); name != null; name = tokens.nextName()) {
            JsonToken value = tokens.nextToken();
            if (name.equals("hits") && value == JsonToken.START_ARRAY) {
                while (tokens.nextToken() == JsonToken.START_OBJECT) {
                    HeldDocuments.document(tokens, answer, documents, NO_SOURCE);
                }
            } else {
                tokens.skipChildren();
            }
        }
    }
}
