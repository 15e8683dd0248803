package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.sync.fixture.TestCertificate;
import io.millrace.sync.fixture.TlsFront;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Clusters that are away, full, overloaded or strangers. */
class ClusterFaultsIT extends ElasticsearchScenario {

    ClusterFaultsIT(LocalStack stack) {
        super(stack);
    }

    @Test
    void clusterThatIsNotThereIsWaitedFor() throws Exception {
        URI nobody = URI.create("http://localhost:1");
        try (ElasticsearchSink sink = IndexLab.sink(nobody, null, null)) {
            SinkBatch batch = batch(events.create(key(1), item(1, "a")));
            for (ThrowingCallable call : List.<ThrowingCallable>of(() -> sink.write(batch), sink::check)) {
                assertThatExceptionOfType(SinkException.class).isThrownBy(call).satisfies(e -> {
                    assertThat(e.category()).isEqualTo(ErrorCategory.RETRYABLE);
                    assertThat(e.getMessage()).contains("localhost:1");
                });
            }
        }
    }

    @Test
    void indexThatIsBlockedByAFullDiskIsWaitedFor() throws Exception {
        write(events.create(key(1), item(1, "before")));
        ChangeEvent during = events.create(key(2), item(2, "during"));
        String settings = "/" + alias() + "/_settings";
        assertThat(lab.send("PUT", settings, "{\"index.blocks.read_only_allow_delete\":true}"))
                .isEqualTo(200);
        assertThat(write(during)).singleElement().satisfies(failure -> {
            assertThat(failure.category()).isEqualTo(ErrorCategory.RETRYABLE);
            assertThat(failure.cause()).contains("read-only-allow-delete");
        });
        assertThat(lab.send("PUT", settings, "{\"index.blocks.read_only_allow_delete\":null}"))
                .isEqualTo(200);
        assertThat(write(during)).isEmpty();
        assertThat(held(2)).isNotNull();
    }

    @Test
    void requestThatAnOverloadedNodeTurnsAwayIsWaitedFor() throws Exception {
        write(events.create(key(1), item(1, "before")));
        ChangeEvent during = events.create(key(2), item(2, "x".repeat(200_000)));
        String limit = "{\"transient\":{\"network.breaker.inflight_requests.limit\":%s}}";
        assertThat(lab.send("PUT", "/_cluster/settings", limit.formatted("\"50kb\"")))
                .isEqualTo(200);
        try {
            assertThatExceptionOfType(SinkException.class)
                    .isThrownBy(() -> write(during))
                    .satisfies(e -> {
                        assertThat(e.category()).isEqualTo(ErrorCategory.RETRYABLE);
                        assertThat(e.getMessage()).contains("HTTP 429, circuit_breaking_exception");
                    });
        } finally {
            assertThat(lab.send("PUT", "/_cluster/settings", limit.formatted("null")))
                    .isEqualTo(200);
        }
        assertThat(write(during)).isEmpty();
        assertThat(held(2)).isNotNull();
    }

    @Test
    void clusterBehindTlsIsTrustedByItsOwnAuthorityAndToldTheKey(@TempDir Path directory) throws Exception {
        TestCertificate certificate = TestCertificate.make(directory);
        try (TlsFront front = new TlsFront(
                        certificate.keyStore(),
                        TestCertificate.PASSWORD,
                        stack.elasticsearchUri().getPort());
                ElasticsearchSink trusting = IndexLab.sink(
                        URI.create("https://localhost:" + front.port()), "a2V5", certificate.certificate());
                ElasticsearchSink strange =
                        IndexLab.sink(URI.create("https://localhost:" + front.port()), null, null)) {
            assertThat(trusting.write(batch(events.create(key(1), item(1, "over TLS")))))
                    .isEmpty();
            assertThat(held(1).path("name").asString()).isEqualTo("over TLS");
            assertThat(String.join("", front.requests())).contains("Authorization: ApiKey a2V5");
            assertThatExceptionOfType(SinkException.class)
                    .isThrownBy(strange::check)
                    .satisfies(e -> assertThat(e.category()).isEqualTo(ErrorCategory.RETRYABLE));
        }
    }

    @Test
    void searchThatBreaksOffLeavesNothingOpenAtTheServer() throws Exception {
        write(events.create(key(1), item(1, "a")), events.create(key(2), item(2, "b")));
        int before = openSearches();
        try (ElasticsearchAccess access = new ElasticsearchAccess(lab.properties())) {
            Scroll.Reader<InterruptedException> breaksOff = page -> {
                throw new InterruptedException("The test wants it");
            };
            assertThatExceptionOfType(InterruptedException.class)
                    .isThrownBy(() -> new Scroll(access, 1).all(alias(), breaksOff));
        }
        assertThat(openSearches()).isEqualTo(before);
    }

    private int openSearches() {
        int open = 0;
        for (JsonNode node : lab.get("/_nodes/stats/indices/search").path("nodes")) {
            open += node.path("indices").path("search").path("open_contexts").asInt();
        }
        return open;
    }
}
