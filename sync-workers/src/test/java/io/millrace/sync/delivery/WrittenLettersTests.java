package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.ChangeEvent;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkKind;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** What the writers keep as dead letters, and what of the rest goes on. */
class WrittenLettersTests extends WritersScenario {

    @Test
    void whatCannotBeKeptHoldsItsPartitionBack() {
        letters.failing = true;
        sink.refused.put("bad", ErrorCategory.REJECTED);
        assertThat(write(state(1, "bad")).reason(partition)).contains("cannot be kept");
    }

    @Test
    void whatAnotherWorkerHasPassedIsNotKept() {
        letters.passed = 5;
        sink.refused.put("bad", ErrorCategory.REJECTED);
        assertThat(write(state(1, "bad")).isFenceLost()).isTrue();
        assertThat(letters.kept).isEmpty();
    }

    @Test
    void tooManyDeadLettersStopTheTable() {
        maxUnsettled = 3;
        sink.refused.put("bad", ErrorCategory.REJECTED);
        Outcome outcome = write(state(1, "bad"), state(2, "bad"), state(3, "bad"), state(4, "bad"), state(5, "good"));
        assertThat(failed).singleElement().asString().contains("More than 3").contains("resume");
        assertThat(outcome.reason(partition)).isNotNull();
    }

    @Test
    void aLogHoldsTheLaterChangesOfARowBackWithinTheBatchAndAfterIt() {
        sink.kind = SinkKind.LOG;
        sink.refused.put("bad", ErrorCategory.REJECTED);
        Outcome first = write(state(1, "a"), state(1, "bad"), state(2, "x"), state(1, "c"), state(2, "y"));
        assertThat(first.reason(partition)).isNull();
        assertThat(sink.all()).containsExactly("a", "x", "y");
        assertThat(letters.left()).containsExactly("1:REJECTED", "3:BEHIND");
        assertThat(sink.steps.get(sink.steps.size() - 1)).isEqualTo(5);
        write(events.delete(key(1)), state(2, "z"));
        assertThat(sink.all()).containsExactly("a", "x", "y", "z");
        assertThat(letters.left()).containsExactly("1:REJECTED", "3:BEHIND", "5:BEHIND");
    }

    @Test
    void aLogThatIsRewoundLeavesOutWhatWasDiscarded() {
        sink.kind = SinkKind.LOG;
        repeats = true;
        ChangeEvent first = state(1, "a");
        ChangeEvent discarded = state(1, "discarded");
        letters.discarded.put(0L, "another-that-stood-there-before-the-topic-was-made-anew");
        letters.discarded.put(1L, discarded.eventId());
        write(first, discarded, state(1, "c"));
        assertThat(sink.all()).containsExactly("a", "c");
    }

    @Test
    void aMalformedRecordHoldsOnlyWhatIsBehindIt() {
        sink.kind = SinkKind.LOG;
        Received before = received(0, state(1, "before"));
        Received after = received(2, state(1, "after"));
        offset = 3;
        write(
                0,
                List.of(before, after),
                List.of(new DeadLetter(
                        new ConsumerRecord<>(table.topic(), 0, 1, key(1).getBytes(), new byte[] {1}),
                        table.source(),
                        table.table(),
                        null,
                        HeldKeys.hash(table, new ConsumerRecord<>(table.topic(), 0, 1, key(1).getBytes(), new byte[0])),
                        DeadLetter.Category.MALFORMED,
                        "no event",
                        null)),
                List.of());
        assertThat(sink.all()).containsExactly("before");
        assertThat(letters.left()).containsExactly("1:MALFORMED", "2:BEHIND");
    }

    @Test
    void aTruncateDoesNotWaitForDeadLetters() {
        for (SinkKind kind : List.of(SinkKind.LOG, SinkKind.EFFECT)) {
            sink.kind = kind;
            sink.batches.clear();
            sink.refused.put("bad", ErrorCategory.REJECTED);
            Outcome outcome = write(state(1, "bad"), events.truncate(), state(1, "behind"), state(2, "after"));
            assertThat(sink.all()).as(kind.name()).containsExactly("truncate", "after");
            assertThat(outcome.reason(partition)).isNull();
        }
    }
}
