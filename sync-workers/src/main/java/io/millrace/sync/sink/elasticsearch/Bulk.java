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
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One or more requests to {@code _bulk}, written as bytes; each item carries its row's version, which the server compares. */
final class Bulk {

    /** An index that was deleted must not come back with guessed types: only what bears an alias is written. */
    private static final String ALIASES_ONLY = "&require_alias=true";

    private static final String PATH =
            "/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason";

    private static final int INITIAL = 64 * 1024;

    private final ElasticsearchAccess elasticsearch;
    private final int maxBytes;
    private final String path;
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

        /** By itself it would double what it has, for the last byte of a row of megabytes too. */
        void makeRoom(int bytes) {
            if (buf.length - count < bytes) {
                buf = Arrays.copyOf(buf, Math.max(count + bytes, Math.min(2 * buf.length, buf.length + 16 * INITIAL)));
            }
        }
    }

    Bulk(ElasticsearchAccess elasticsearch, int maxBytes) {
        this(elasticsearch, maxBytes, ALIASES_ONLY);
    }

    Bulk(ElasticsearchAccess elasticsearch, int maxBytes, String parameters) {
        this.elasticsearch = elasticsearch;
        this.maxBytes = maxBytes;
        this.path = PATH + parameters;
    }

    void index(String index, String id, long version, Row document) throws SinkException {
        write(index, id, version, "external", document);
    }

    /** Replaces a document and leaves its version, unless it has become newer. */
    void replace(String index, String id, long version, Row document) throws SinkException {
        write(index, id, version, "external_gte", document);
    }

    void delete(String index, String id, long version) throws SinkException {
        write(index, id, version, "external", null);
    }

    /** Deletes what was seen there, in whatever version, unless it was written again since. */
    void remove(String index, String id, long sequenceNumber, long primaryTerm) throws SinkException {
        append(
                "{\"delete\":{\"_index\":\"" + index + "\",\"_id\":\"" + id + "\",\"if_seq_no\":" + sequenceNumber
                        + ",\"if_primary_term\":" + primaryTerm + "}}\n",
                null);
    }

    private void write(String index, String id, long version, String versionType, @Nullable Row document)
            throws SinkException {
        // an alias and an encoded key hold nothing that JSON would have to escape
        String action = "{\"" + (document == null ? "delete" : "index") + "\":{\"_index\":\"" + index + "\",\"_id\":\""
                + id + "\",\"version\":" + version + ",\"version_type\":\"" + versionType + "\"}}\n";
        append(action, document);
    }

    private void append(String action, @Nullable Row document) throws SinkException {
        int size = (document == null ? 0 : document.size()) + action.length() + 1;
        if (pending > 0 && buffer.size() + size > maxBytes) {
            send();
        }
        buffer.makeRoom(size);
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
                    path,
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
