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

/**
 * Empties an index of what is older than a version. Every document is deleted under that version, which the server then remembers:
 * a replay of older changes changes nothing.
 */
final class Truncation {

    private static final int PAGE = 5000;
    private static final String FILTER = "filter_path=_scroll_id,hits.hits._id,hits.hits._version";

    private final ElasticsearchAccess elasticsearch;
    private final int maxBulk;

    /** A page of a scroll; {@code seen} counts the hits, newer ones included. */
    private record Page(@Nullable String scroll, int seen, List<String> older) {}

    Truncation(ElasticsearchAccess elasticsearch, int maxBulk) {
        this.elasticsearch = elasticsearch;
        this.maxBulk = maxBulk;
    }

    /** Returns the results of the deletes that were not applied. */
    List<ItemResult> run(String index, long version) throws SinkException {
        // a search sees only what was refreshed
        elasticsearch.call("POST", "/" + index + "/_refresh", null, (tokens, answer) -> true);
        List<ItemResult> failed = new ArrayList<>(0);
        Page page = elasticsearch.call(
                "POST",
                "/" + index + "/_search?scroll=2m&" + FILTER,
                Body.json("{\"size\":" + PAGE + ",\"version\":true,\"_source\":false,\"sort\":[\"_doc\"]}"),
                (tokens, answer) -> page(tokens, version));
        while (page.seen() > 0) {
            Bulk bulk = new Bulk(elasticsearch, maxBulk);
            for (String id : page.older()) {
                bulk.delete(index, id, version);
            }
            bulk.results().stream().filter(result -> !result.isApplied()).forEach(failed::add);
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
        return failed;
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
