package io.millrace.sync.sink.elasticsearch;

import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Body;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.io.JsonStringEncoder;

/** Finds the documents whose version is older than another: Elasticsearch cannot search for that, so it looks at all. */
final class OlderDocuments {

    private static final int PAGE = 5000;
    private static final String FILTER = "filter_path=_scroll_id,hits.hits._id,hits.hits._version";

    private final ElasticsearchAccess elasticsearch;

    OlderDocuments(ElasticsearchAccess elasticsearch) {
        this.elasticsearch = elasticsearch;
    }

    /** Takes ids, some at a time. */
    @FunctionalInterface
    interface Ids {
        void take(List<String> ids) throws SinkException, InterruptedException;
    }

    /** A page of a scroll; {@code seen} counts the hits, newer ones included. */
    private record Page(@Nullable String scroll, int seen, List<String> older) {}

    void find(String alias, long version, Ids ids) throws SinkException, InterruptedException {
        // a search sees only what was refreshed
        elasticsearch.call("POST", "/" + alias + "/_refresh", null, (tokens, answer) -> true);
        Page page = elasticsearch.call(
                "POST",
                "/" + alias + "/_search?scroll=2m&" + FILTER,
                Body.json("{\"size\":" + PAGE + ",\"version\":true,\"_source\":false,\"sort\":[\"_doc\"]}"),
                (tokens, answer) -> page(tokens, version));
        while (page.seen() > 0) {
            if (!page.older().isEmpty()) {
                ids.take(page.older());
            }
            page = elasticsearch.call(
                    "POST",
                    "/_search/scroll?" + FILTER,
                    Body.json("{\"scroll\":\"2m\",\"scroll_id\":" + quoted(page.scroll()) + "}"),
                    (tokens, answer) -> page(tokens, version));
        }
        elasticsearch.call(
                "DELETE",
                "/_search/scroll",
                Body.json("{\"scroll_id\":" + quoted(page.scroll()) + "}"),
                (tokens, answer) -> true);
    }

    private static String quoted(@Nullable String text) {
        byte[] plain = JsonStringEncoder.getInstance().quoteAsUTF8(text == null ? "" : text);
        return '"' + new String(plain, StandardCharsets.UTF_8) + '"';
    }

    private static Page page(JsonParser tokens, long version) {
        String scroll = null;
        int seen = 0;
        List<String> older = new ArrayList<>();
        String id = null;
        // flat enough to be read by names alone
        for (JsonToken token = tokens.nextToken(); token != null; token = tokens.nextToken()) {
            if (token != JsonToken.PROPERTY_NAME) {
                continue;
            }
            switch (tokens.currentName()) {
                case "_scroll_id" -> scroll = tokens.nextStringValue();
                case "_id" -> id = tokens.nextStringValue();
                case "_version" -> {
                    seen++;
                    if (tokens.nextLongValue(Long.MAX_VALUE) < version && id != null) {
                        older.add(id);
                    }
                }
                default -> {
                    // hits, and hits again
                }
            }
        }
        return new Page(scroll, seen, older);
    }
}
