package io.millrace.sync.sink.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** What waits for a receiver that does not take a change now: the change's row, or everything. */
@Timeout(30)
class WebhookWaitsTests {

    private final CapturedTable table = TestTables.items();
    private final TestEvents events = new TestEvents(table);
    private final TestReceiver receiver = new TestReceiver();

    @AfterEach
    void close() {
        receiver.close();
    }

    static WebhookSink sink(String url, Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "url", url,
                "secret", TestReceiver.SECRET,
                "allowed-addresses", "127.0.0.1/32",
                "connect-timeout", "500ms",
                "request-timeout", "1s"));
        settings.putAll(more);
        WebhookSinkProperties properties =
                new Binder(new MapConfigurationPropertySource(settings)).bindOrCreate("", WebhookSinkProperties.class);
        return WebhookSinkConfiguration.sink(properties.targets().get(0), properties, new SimpleMeterRegistry());
    }

    private ChangeEvent change(int id) {
        return events.create("{\"id\":" + id + "}", "{\"id\":" + id + ",\"name\":\"a\"}");
    }

    private SinkBatch batch(ChangeEvent event) {
        return SinkBatch.of(List.of(new Change(table, event)));
    }

    private String rowWaits(WebhookSink sink) throws SinkException {
        assertThat(sink.write(batch(change(1)))).singleElement().returns(ErrorCategory.RETRYABLE, Failure::category);
        return sink.write(batch(change(1))).get(0).cause();
    }

    private String allWait(WebhookSink sink) {
        SinkException thrown = catchThrowableOfType(SinkException.class, () -> sink.write(batch(change(1))));
        assertThat(thrown).isNotNull().returns(ErrorCategory.RETRYABLE, SinkException::category);
        return thrown.getMessage();
    }

    @Test
    void aChangeThatIsNotAnsweredInTimeWaitsWithItsRowAlone() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        receiver.answers(delivery -> TestReceiver.hang(over));
        try (WebhookSink sink = sink(receiver.url(), Map.of())) {
            assertThat(rowWaits(sink)).endsWith("did not answer within 1000 ms");
        } finally {
            over.countDown();
        }
    }

    @Test
    void aChangeAtWhichTheConnectionBreaksWaitsWithItsRowAlone() throws Exception {
        receiver.answers(delivery -> TestReceiver.RESET);
        try (WebhookSink sink = sink(receiver.url(), Map.of())) {
            assertThat(rowWaits(sink)).contains("gave no answer");
        }
    }

    @Test
    void whereNoConnectionComesAboutEverythingWaits() throws Exception {
        try (WebhookSink refused = sink("http://127.0.0.1:" + unusedPort() + "/", Map.of())) {
            assertThat(allWait(refused)).contains("cannot be reached").contains("refused");
        }
        // takes connections and never says a word, so TLS does not come about
        try (ServerSocket mute = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                WebhookSink sink = sink("https://127.0.0.1:" + mute.getLocalPort() + "/", Map.of())) {
            assertThat(allWait(sink)).contains("cannot be reached");
        }
    }

    private static int unusedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
