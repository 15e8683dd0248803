package io.millrace.sync.sink.elasticsearch;

import io.millrace.localstack.LocalStack;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.springframework.util.unit.DataSize;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Sinks on the real Elasticsearch, and what else a test asks of it. */
final class IndexLab {

    /** Takes numbers as they are written: 5e-324 is no 4.9e-324. */
    static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private static final Duration GC_DELETES = Duration.ofHours(1);

    private final HttpClient http = HttpClient.newHttpClient();
    private final LocalStack stack;

    IndexLab(LocalStack stack) {
        this.stack = stack;
    }

    ElasticsearchSink sink() {
        return sink(properties());
    }

    /** One that counts on the server to remember deletes only so long. */
    ElasticsearchSink sink(Duration gcDeletes) {
        return sink(properties(stack.elasticsearchUri(), null, gcDeletes, null));
    }

    /** One of another cluster; null for no key, and for no authority of its own. */
    static ElasticsearchSink sink(URI cluster, String apiKey, Path authorities) {
        return sink(properties(cluster, apiKey, GC_DELETES, authorities));
    }

    private static ElasticsearchSink sink(ElasticsearchSinkProperties properties) {
        return new ElasticsearchSink(new ElasticsearchAccess(properties), properties);
    }

    ElasticsearchSinkProperties properties() {
        return properties(stack.elasticsearchUri(), null, GC_DELETES, null);
    }

    private static ElasticsearchSinkProperties properties(
            URI cluster, String apiKey, Duration gcDeletes, Path authorities) {
        return new ElasticsearchSinkProperties(
                List.of(cluster),
                null,
                null,
                apiKey,
                1,
                0,
                gcDeletes,
                Duration.ofDays(30),
                authorities,
                Duration.ofSeconds(1),
                DataSize.ofMegabytes(8),
                Duration.ofSeconds(2),
                Duration.ofSeconds(30));
    }

    /** Returns what a reader sees. */
    JsonNode get(String path) {
        return ask("GET", path, "");
    }

    /** Returns the status of the answer. */
    int send(String method, String path, String body) {
        return answer(method, path, body).statusCode();
    }

    JsonNode ask(String method, String path, String body) {
        return JSON.readTree(answer(method, path, body).body());
    }

    private HttpResponse<String> answer(String method, String path, String body) {
        try {
            return http.send(
                    HttpRequest.newBuilder(URI.create(stack.elasticsearchUri() + path))
                            .header("Content-Type", "application/json")
                            .method(method, HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    BodyHandlers.ofString());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
