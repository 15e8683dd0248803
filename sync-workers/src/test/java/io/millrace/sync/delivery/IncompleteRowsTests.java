package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkKind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows that a change and the sink together do not make whole. */
class IncompleteRowsTests extends WritersScenario {

    @Test
    void aRowThatTheSinkCannotCompleteIsAskedForAndPassed() {
        sink.refused.put("half", ErrorCategory.INCOMPLETE);
        Outcome outcome = write(part(1, "half"), state(2, "good"), part(3, "half"));
        assertThat(outcome.reason(partition)).isNull();
        assertThat(rereads.keys).containsExactly(key(1), key(3));
        assertThat(sink.all()).containsExactly("good");
        assertThat(letters.kept).isEmpty();
    }

    @Test
    void whatCannotBeShapedFromTheChangeAloneIsAskedForAndGivenToNoSink() {
        Received lacking = received(0, part(1, "unshaped"));
        offset = 2;
        Outcome outcome = write(0, List.of(received(1, state(2, "good"))), List.of(), List.of(lacking));
        assertThat(outcome.reason(partition)).isNull();
        assertThat(rereads.keys).containsExactly(key(1));
        assertThat(sink.all()).containsExactly("good");
    }

    @Test
    void whatCannotBeAskedForHoldsItsPartitionBack() {
        rereads.failing = true;
        sink.refused.put("half", ErrorCategory.INCOMPLETE);
        assertThat(write(part(1, "half")).reason(partition)).contains("cannot be asked for");
        Received lacking = received(1, part(1, "unshaped"));
        offset = 2;
        assertThat(write(1, List.of(), List.of(), List.of(lacking)).reason(partition))
                .contains("cannot be asked for");
    }

    @Test
    void aRowThatIsAskedForDoesNotTakeTheDeadLettersPlace() {
        sink.refused.put("bad", ErrorCategory.REJECTED);
        sink.refused.put("half", ErrorCategory.INCOMPLETE);
        write(state(1, "bad"));
        write(state(1, "half"));
        assertThat(letters.left()).containsExactly("0:REJECTED");
        write(state(1, "read"));
        assertThat(letters.left()).isEmpty();
    }

    @Test
    void aSinkThatKeepsNoStatesAndLacksValuesIsWaitedFor() {
        sink.refused.put("half", ErrorCategory.INCOMPLETE);
        for (SinkKind kind : List.of(SinkKind.LOG, SinkKind.EFFECT)) {
            sink.kind = kind;
            assertThat(write(part(1, "half")).reason(partition)).as(kind.name()).isEqualTo("No half");
        }
        assertThat(rereads.keys).isEmpty();
        assertThat(letters.kept).isEmpty();
    }

    @Test
    void aRowThatWasMadeAgainUnseenIsAskedForSinceNothingHoldsItsValues() {
        write(state(1, "former"), events.delete(key(1)), part(1, "back"), part(1, "and again"));
        assertThat(rereads.keys).containsExactly(key(1));
        assertThat(sink.all()).containsExactly("and again");
        rereads.keys.clear();
        ChangeEvent other = events.delete(key(2));
        write(other, as(Operation.CREATE, part(2, "moved")), part(2, "changed"));
        assertThat(rereads.keys)
                .as("capture asks for a row whose key was changed")
                .isEmpty();
        write(events.delete(key(3)), part(3, "back"), state(3, "whole"));
        write(events.delete(key(4)), part(4, "back"), events.delete(key(4)));
        assertThat(rereads.keys).isEmpty();
    }

    @Test
    void aRowThatWasMadeAgainUnseenAndCannotBeAskedForHoldsItsPartitionBack() {
        rereads.failing = true;
        assertThat(write(events.delete(key(1)), part(1, "back")).reason(partition))
                .contains("cannot be asked for");
    }

    private static ChangeEvent as(Operation operation, ChangeEvent event) {
        return new ChangeEvent(
                event.source(),
                event.table(),
                event.position(),
                event.lsn(),
                operation,
                event.key(),
                event.before(),
                event.beforeCompleteness(),
                event.after(),
                event.unavailable(),
                event.transaction(),
                event.capturedAt(),
                event.schemaVersion());
    }
}
