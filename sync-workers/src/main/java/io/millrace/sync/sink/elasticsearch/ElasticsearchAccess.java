package io.millrace.sync.sink.elasticsearch;

import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import org.apache.http.Header;
import org.apache.http.HttpEntity;
import org.apache.http.HttpHost;
import org.apache.http.entity.ContentType;
import org.apache.http.message.BasicHeader;
import org.apache.http.nio.entity.NByteArrayEntity;
import org.elasticsearch.client.Request;
import org.elasticsearch.client.RequestOptions;
import org.elasticsearch.client.Response;
import org.elasticsearch.client.ResponseException;
import org.elasticsearch.client.RestClient;
import org.elasticsearch.client.RestClientBuilder;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Requests to Elasticsearch as bytes, answers as a stream of tokens. Thread-safe. */
final class ElasticsearchAccess implements AutoCloseable {

    static final ContentType NDJSON = ContentType.create("application/x-ndjson");
    private static final JsonFactory JSON = JsonFactory.builder().build();
    private static final JsonMapper TREES = JsonMapper.builder().build();
    private static final int MESSAGE_LIMIT = 1000;
    /** A scroll that ended with its node, a snapshot that is being taken of what is to be deleted, an index that somebody closed. */
    private static final Set<String> PASSING =
            Set.of("search_context_missing_exception", "snapshot_in_progress_exception", "index_closed_exception");

    private final RestClient client;
    private final String where;

    /** Reads an answer. */
    interface Reader<T> {
        T read(JsonParser tokens, byte[] answer) throws SinkException;
    }

    /** Elasticsearch's own words. */
    private record Said(String type, String text) {}

    /** An answer with an error status. */
    static final class Refused extends Exception {

        private final int status;
        private final boolean passing;

        private Refused(int status, Said said, Throwable cause) {
            super(said.text().substring(0, Math.min(said.text().length(), MESSAGE_LIMIT)), cause);
            this.status = status;
            this.passing = mayPass(said.type());
        }

        int status() {
            return status;
        }

        /** Tells whether it passes by itself, though its status says that the request is at fault. */
        boolean isPassing() {
            return passing;
        }
    }

    ElasticsearchAccess(ElasticsearchSinkProperties properties) {
        where = properties.toString();
        RestClientBuilder builder = RestClient.builder(properties.uris().stream()
                .map(uri -> HttpHost.create(uri.toString()))
                .toArray(HttpHost[]::new));
        String authorization = authorization(properties);
        if (authorization != null) {
            builder.setDefaultHeaders(new Header[] {new BasicHeader("Authorization", authorization)});
        }
        Path authorities = properties.caCertificates();
        if (authorities != null) {
            SSLContext context = Authorities.context(authorities);
            builder.setHttpClientConfigCallback(http -> http.setSSLContext(context));
        }
        client = builder.setRequestConfigCallback(config -> config.setConnectTimeout(
                                (int) properties.connectTimeout().toMillis())
                        .setSocketTimeout((int) properties.requestTimeout().toMillis()))
                .build();
    }

    private static @Nullable String authorization(ElasticsearchSinkProperties properties) {
        if (properties.apiKey() != null) {
            return "ApiKey " + properties.apiKey();
        }
        return properties.username() == null
                ? null
                : "Basic "
                        + Base64.getEncoder()
                                .encodeToString((properties.username() + ":" + properties.password())
                                        .getBytes(StandardCharsets.UTF_8));
    }

    /** As {@link #exchange}, where every error status is a fault of the service. */
    <T> T call(String method, String path, @Nullable Body body, Reader<T> reader) throws SinkException {
        try {
            return exchange(method, path, body, reader);
        } catch (Refused e) {
            throw fault(e);
        }
    }

    /**
     * Sends a request and reads its answer.
     *
     * @throws Refused for an error status
     * @throws SinkException RETRYABLE when there is no answer, or none that can be read
     */
    <T> T exchange(String method, String path, @Nullable Body body, Reader<T> reader) throws SinkException, Refused {
        return answered(request(method, path, body), reader);
    }

    /** As {@link #exchange}; empty where the answer has more than so many bytes. */
    <T> Optional<T> exchangeUpTo(int limit, String method, String path, @Nullable Body body, Reader<T> reader)
            throws SinkException, Refused {
        // the client asks other nodes too where one does not answer
        AtomicReference<BoundedAnswer> last = new AtomicReference<>();
        Request request = request(method, path, body);
        request.setOptions(RequestOptions.DEFAULT.toBuilder().setHttpAsyncResponseConsumerFactory(() -> {
            BoundedAnswer answer = new BoundedAnswer(limit);
            last.set(answer);
            return answer;
        }));
        return answered(
                request,
                (tokens, bytes) -> Objects.requireNonNull(last.get()).isTooLong()
                        ? Optional.empty()
                        : Optional.of(reader.read(tokens, bytes)));
    }

    private static Request request(String method, String path, @Nullable Body body) {
        Request request = new Request(method, path);
        if (body != null) {
            request.setEntity(body.entity());
        }
        return request;
    }

    private <T> T answered(Request request, Reader<T> reader) throws SinkException, Refused {
        try {
            Response response = client.performRequest(request);
            HttpEntity entity = response.getEntity();
            byte[] bytes;
            try (InputStream content = entity.getContent()) {
                bytes = content.readAllBytes();
            }
            try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), bytes)) {
                return reader.read(parser, bytes);
            }
        } catch (ResponseException e) {
            throw new Refused(e.getResponse().getStatusLine().getStatusCode(), said(e), e);
        } catch (IOException | JacksonException e) {
            throw SinkException.retryable(
                    where + " does not answer: " + (e.getMessage() == null ? e.toString() : e.getMessage()), e);
        }
    }

    /** Returns Elasticsearch's own words out of an answer that says them twice, beside the request. */
    private static Said said(ResponseException e) {
        int status = e.getResponse().getStatusLine().getStatusCode();
        HttpEntity entity = e.getResponse().getEntity();
        if (entity == null) {
            return new Said("", String.valueOf(e.getMessage()));
        }
        try (InputStream content = entity.getContent()) {
            JsonNode error = TREES.readTree(content).path("error");
            JsonNode cause = error.path("root_cause").path(0);
            JsonNode told = cause.isObject() ? cause : error;
            if (told.hasNonNull("reason")) {
                String type = told.path("type").asString("");
                return new Said(
                        type,
                        "HTTP " + status + ", " + type + ": "
                                + told.path("reason").asString(""));
            }
        } catch (IOException | JacksonException | UnsupportedOperationException unreadable) {
            // a proxy's page, for example: what the client says of it is all there is
        }
        return new Said("", String.valueOf(e.getMessage()));
    }

    /** Tells whether an error of this type passes by itself, though its status, 400 or 404, says that the request is at fault. */
    static boolean mayPass(@Nullable String type) {
        return type != null && PASSING.contains(type);
    }

    /** Overload, missing rights and faults of the server may pass; what else is refused never will be accepted. */
    SinkException fault(Refused e) {
        boolean mayPass = e.isPassing()
                || e.status() == 401
                || e.status() == 403
                || e.status() == 408
                || e.status() == 429
                || e.status() >= 500;
        return new SinkException(
                mayPass ? ErrorCategory.RETRYABLE : ErrorCategory.FATAL, where + " refused: " + e.getMessage(), e);
    }

    /** Bytes to send. */
    static final class Body {

        private final HttpEntity entity;

        private Body(HttpEntity entity) {
            this.entity = entity;
        }

        static Body json(String text) {
            return new Body(new NByteArrayEntity(text.getBytes(StandardCharsets.UTF_8), ContentType.APPLICATION_JSON));
        }

        static Body json(byte[] utf8) {
            return new Body(new NByteArrayEntity(utf8, ContentType.APPLICATION_JSON));
        }

        static Body ndjson(byte[] bytes, int length) {
            return new Body(new NByteArrayEntity(bytes, 0, length, NDJSON));
        }

        HttpEntity entity() {
            return entity;
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
