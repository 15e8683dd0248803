package io.millrace.sync.sink.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.EffectSink;
import io.millrace.sync.sink.LeftAloneException;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class LeftAloneTests {

    private final CapturedTable table = TestTables.items();
    private final TestEvents events = new TestEvents(table);

    private ChangeEvent change(int id) {
        return events.create("{\"id\":" + id + "}", "{\"id\":" + id + ",\"name\":\"a\"}");
    }

    private SinkException refused(WebhookSink sink, ChangeEvent event) {
        return catchThrowableOfType(
                SinkException.class, () -> sink.write(SinkBatch.of(List.of(new Change(table, event)))));
    }

    private static TestReceiver.Script once(CountDownLatch may, TestReceiver.Script answer) {
        return new TestReceiver.Script(false, exchange -> {
            may.await();
            answer.respond().to(exchange);
        });
    }

    /** Requests that were on their way together ask for different times, and their answers come in any order. */
    @Test
    @Timeout(30)
    void theLongestTimeThatAReceiverAskedForHolds() throws Exception {
        ChangeEvent first = change(1);
        ChangeEvent second = change(2);
        CountDownLatch firstMay = new CountDownLatch(1);
        CountDownLatch secondMay = new CountDownLatch(1);
        try (TestReceiver receiver = new TestReceiver();
                WebhookSink sink = WebhookWaitsTests.sink(receiver.url(), Map.of("request-timeout", "60s"))) {
            receiver.answers(delivery -> delivery.id().equals(EffectSink.idOf(first))
                    ? once(firstMay, TestReceiver.status(429, "Retry-After", "600"))
                    : once(secondMay, TestReceiver.status(503, "Retry-After", "1")));
            var ofFirst = CompletableFuture.supplyAsync(() -> refused(sink, first));
            var ofSecond = CompletableFuture.supplyAsync(() -> refused(sink, second));
            await().until(() -> receiver.attempts().size() == 2);
            firstMay.countDown();
            assertThat(ofFirst.get())
                    .hasMessageContaining("asks to be left alone for 600 s")
                    .isInstanceOfSatisfying(LeftAloneException.class, asked -> assertThat(asked.wasAsked())
                            .isTrue());
            secondMay.countDown();
            assertThat(ofSecond.get()).hasMessageContaining("asks to be left alone for 1 s");

            SinkException unasked = refused(sink, change(3));
            assertThat(unasked).isInstanceOfSatisfying(LeftAloneException.class, alone -> assertThat(alone.wasAsked())
                    .isFalse());
            String said = String.valueOf(unasked.getMessage());
            assertThat(Instant.parse(said.substring(said.lastIndexOf(' ') + 1)))
                    .isAfter(Instant.now().plusSeconds(60));
            assertThat(receiver.attempts()).hasSize(2);
        }
    }
}
