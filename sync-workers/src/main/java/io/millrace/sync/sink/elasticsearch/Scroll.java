package io.millrace.sync.sink.elasticsearch;

import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Body;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Refused;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.json.JsonMapper;

/**
 * Goes through all documents of an index, page by page, as they were when it began: ids and versions. Sources are nobody's to ask for by
 * the page: nobody knows how large they are.
 */
final class Scroll {

    private static final Logger log = LoggerFactory.getLogger(Scroll.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ElasticsearchAccess elasticsearch;
    private final int pageSize;

    /** Takes a page, versions by id. */
    interface Reader<E extends Exception> {
        void read(Map<String, Long> page) throws SinkException, E;
    }

    /** @param gap what keeps it from being all that there is; null if nothing does */
    private record Page(
            @Nullable String scroll,
            Map<String, Long> documents,
            @Nullable String gap) {}

    Scroll(ElasticsearchAccess elasticsearch, int pageSize) {
        this.elasticsearch = elasticsearch;
        this.pageSize = pageSize;
    }

    /**
     * Gives every page to the reader.
     *
     * @throws IndexGoneException if there is no such index, or not any more
     * @throws SinkException RETRYABLE too when a shard does not answer: the server goes on without it, with the status 200
     */
    <E extends Exception> void all(String index, Reader<E> reader) throws SinkException, E {
        // a search sees only what was refreshed
        whole(index, ask(index, "/" + index + "/_refresh", null, Scroll::page));
        Page page = ask(
                index,
                "/" + index + "/_search?scroll=15m",
                Body.json("{\"size\":" + pageSize + ",\"version\":true,\"_source\":false,\"sort\":[\"_doc\"]}"),
                Scroll::page);
        try {
            while (!whole(index, page).documents().isEmpty()) {
                reader.read(page.documents());
                page = elasticsearch.call(
                        "POST",
                        "/_search/scroll",
                        Body.json(JSON.writeValueAsString(
                                Map.of("scroll", "15m", "scroll_id", String.valueOf(page.scroll())))),
                        Scroll::page);
            }
        } finally {
            free(page);
        }
    }

    private static Page whole(String index, Page page) throws SinkException {
        if (page.gap() != null) {
            throw SinkException.retryable("Elasticsearch does not find all of " + index + " now: " + page.gap(), null);
        }
        return page;
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
            throw e.status() == 404 && !e.isPassing() ? new IndexGoneException(index, e) : elasticsearch.fault(e);
        }
    }

    private static Page page(JsonParser tokens, byte[] answer) throws SinkException {
        String scroll = null;
        Map<String, Long> documents = new LinkedHashMap<>();
        String gap = null;
        tokens.nextToken();
        for (String name = tokens.nextName(); name != null; name = tokens.nextName()) {
            JsonToken value = tokens.nextToken();
            if (name.equals("_scroll_id")) {
                scroll = tokens.getString();
            } else if (name.equals("hits") && value == JsonToken.START_OBJECT) {
                hits(tokens, documents);
            } else if (name.equals("timed_out") && value == JsonToken.VALUE_TRUE) {
                gap = "it took too long";
            } else if (name.equals("_shards") && value == JsonToken.START_OBJECT) {
                gap = failedShards(tokens, gap);
            } else {
                tokens.skipChildren();
            }
        }
        return new Page(scroll, documents, gap);
    }

    private static @Nullable String failedShards(JsonParser tokens, @Nullable String gap) {
        int total = 0;
        int failed = 0;
        for (String name = tokens.nextName(); name != null; name = tokens.nextName()) {
            tokens.nextToken();
            switch (name) {
                case "total" -> total = tokens.getIntValue();
                case "failed" -> failed = tokens.getIntValue();
                default -> tokens.skipChildren();
            }
        }
        return failed == 0 ? gap : failed + " of " + total + " shards do not answer";
    }

    private static void hits(JsonParser tokens, Map<String, Long> documents) throws SinkException {
        for (String name = tokens.nextName(); name != null; name = tokens.nextName()) {
            JsonToken value = tokens.nextToken();
            if (name.equals("hits") && value == JsonToken.START_ARRAY) {
                while (tokens.nextToken() == JsonToken.START_OBJECT) {
                    HeldDocuments.version(tokens, documents);
                }
            } else {
                tokens.skipChildren();
            }
        }
    }
}
