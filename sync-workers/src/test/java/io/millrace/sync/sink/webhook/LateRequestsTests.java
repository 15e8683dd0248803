package io.millrace.sync.sink.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.CapturedTable;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.SinkBatch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A claim that is over may be another worker's: nothing of the change may be sent by then, or be on its way. */
@Timeout(30)
class LateRequestsTests {

    private final CapturedTable table = TestTables.items();
    private final TestEvents events = new TestEvents(table);

    /** As after a process stood still for that long. */
    private SinkBatch claimed(Duration ago) {
        Change change = new Change(table, events.create("{\"id\":1}", "{\"id\":1,\"name\":\"a\"}"));
        return new SinkBatch(List.of(change), List.of(), false, System.nanoTime() - ago.toNanos());
    }

    @Test
    void whatWasClaimedTooLongAgoIsNotSent() throws Exception {
        try (TestReceiver receiver = new TestReceiver();
                WebhookSink sink = WebhookWaitsTests.sink(receiver.url(), Map.of())) {
            assertThat(sink.write(claimed(Duration.ZERO))).isEmpty();
            assertThat(receiver.attempts()).hasSize(1);
            for (int i = 0; i < 20; i++) {
                assertThat(sink.write(claimed(sink.longestWrite())))
                        .singleElement()
                        .returns(ErrorCategory.RETRYABLE, Failure::category);
            }
            assertThat(receiver.attempts()).hasSize(1);
        }
    }

    @Test
    void anAnswerIsAwaitedForNoLongerThanTheClaimHolds() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (TestReceiver receiver = new TestReceiver();
                WebhookSink sink = WebhookWaitsTests.sink(receiver.url(), Map.of("request-timeout", "45s"))) {
            receiver.answers(delivery -> TestReceiver.hang(over));
            assertThat(sink.write(claimed(sink.longestWrite().minusSeconds(2))))
                    .singleElement()
                    .returns(ErrorCategory.RETRYABLE, Failure::category);
        } finally {
            over.countDown();
        }
    }
}
