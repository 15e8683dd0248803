package io.millrace.sync.sink.elasticsearch;

import io.millrace.event.Row;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Body;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Refused;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One or more requests to {@code _bulk}, written as bytes; each item carries its row's version, which the server compares. */
final class Bulk {

    private static final String PATH =
            "/_bulk?require_alias=true&filter_path=errors,items.*.status," + "items.*.error.type,items.*.error.reason";

    private static final int INITIAL = 64 * 1024;

    private final ElasticsearchAccess elasticsearch;
    private final int maxBytes;
    private final List<ItemResult> results = new ArrayList<>();
    private Buffer buffer = new Buffer(INITIAL);
    private int pending;

    /** Lets a request take the bytes without a copy. */
    private static final class Buffer extends ByteArrayOutputStream {

        Buffer(int size) {
            super(size);
        }

        byte[] array() {
            return buf;
        }
    }

    Bulk(ElasticsearchAccess elasticsearch, int maxBytes) {
        this.elasticsearch = elasticsearch;
        this.maxBytes = maxBytes;
    }

    void index(String alias, String id, long version, Row document) throws SinkException {
        write(alias, id, version, "external", document);
    }

    void delete(String alias, String id, long version) throws SinkException {
        write(alias, id, version, "external", null);
    }

    private void write(String alias, String id, long version, String versionType, @Nullable Row document)
            throws SinkException {
        int size = (document == null ? 0 : document.size()) + 256;
        if (pending > 0 && buffer.size() + size > maxBytes) {
            send();
        }
        // an alias and an encoded key hold nothing that JSON would have to escape
        String action = "{\"" + (document == null ? "delete" : "index") + "\":{\"_index\":\"" + alias + "\",\"_id\":\""
                + id + "\",\"version\":" + version + ",\"version_type\":\"" + versionType + "\"}}\n";
        buffer.writeBytes(action.getBytes(StandardCharsets.US_ASCII));
        if (document != null) {
            try {
                document.writeTo(buffer);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            buffer.write('\n');
        }
        pending++;
    }

    /** Sends what is left and returns the results of all items, in order. */
    List<ItemResult> results() throws SinkException {
        if (pending > 0) {
            send();
        }
        return results;
    }

    private void send() throws SinkException {
        List<ItemResult> answer;
        try {
            answer = elasticsearch.exchange(
                    "POST",
                    PATH,
                    Body.ndjson(buffer.array(), buffer.size()),
                    (tokens, bytes) -> ItemResult.readAll(tokens));
        } catch (Refused e) {
            if (e.status() == 400 || e.status() == 413) {
                // one of the items is why: smaller batches find it
                throw new SinkException(ErrorCategory.REJECTED, "Refused by Elasticsearch: " + e.getMessage(), e);
            }
            throw elasticsearch.fault(e);
        }
        if (answer.size() != pending) {
            throw SinkException.retryable(
                    "Elasticsearch answered " + answer.size() + " items to a bulk request of " + pending, null);
        }
        results.addAll(answer);
        buffer = buffer.array().length > 2 * maxBytes ? new Buffer(INITIAL) : reset(buffer);
        pending = 0;
    }

    private static Buffer reset(Buffer used) {
        used.reset();
        return used;
    }
}
