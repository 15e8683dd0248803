package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.event.Row;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.util.unit.DataSize;

/** Whole requests that are refused: what a real server says only under load, or behind a proxy. */
class BulkTests {

    private final List<String> requests = new ArrayList<>();
    private HttpServer server;
    private ElasticsearchAccess elasticsearch;
    private int status;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        elasticsearch = new ElasticsearchAccess(new ElasticsearchSinkProperties(
                List.of(URI.create("http://localhost:" + server.getAddress().getPort())),
                null,
                null,
                null,
                1,
                0,
                Duration.ofHours(1),
                Duration.ofDays(30),
                null,
                null,
                DataSize.ofMegabytes(8),
                Duration.ofSeconds(2),
                Duration.ofSeconds(10)));
    }

    @AfterEach
    void stop() throws IOException {
        elasticsearch.close();
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            requests.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] body = (status == 200
                            ? "{\"errors\":false,\"items\":[{\"index\":{\"status\":201}}]}"
                            : "{\"error\":{\"type\":\"es_rejected_execution_exception\",\"reason\":\"rejected execution of"
                                    + " coordinating operation\"},\"status\":" + status + "}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private List<ItemResult> send() throws SinkException {
        Bulk bulk = new Bulk(elasticsearch, 1_000_000);
        bulk.index("orders~-W1", "1", 7, Row.of("{\"id\":1}"));
        return bulk.results();
    }

    @Test
    void requestThatIsTurnedAwayForOverloadIsWaitedForAndTakenLater() throws Exception {
        status = 429;
        assertThatExceptionOfType(SinkException.class).isThrownBy(this::send).satisfies(e -> {
            assertThat(e.category()).isEqualTo(ErrorCategory.RETRYABLE);
            assertThat(e.getMessage())
                    .contains(
                            "HTTP 429, es_rejected_execution_exception: rejected execution of coordinating operation");
        });
        status = 200;
        assertThat(send()).containsExactly(new ItemResult(201, null, ""));
        assertThat(requests).hasSize(2).allMatch(requests.get(0)::equals);
    }

    @ParameterizedTest
    @CsvSource({"401, RETRYABLE", "503, RETRYABLE", "413, REJECTED", "400, REJECTED", "405, FATAL"})
    void otherAnswersDecideThePathToo(int answered, ErrorCategory category) {
        status = answered;
        assertThatExceptionOfType(SinkException.class).isThrownBy(this::send).satisfies(e -> assertThat(e.category())
                .isEqualTo(category));
    }
}
