package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkKind;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows of which a change was left out, until they come whole. */
class AwaitedRowsTests extends WritersScenario {

    /** One change of this row cannot be shaped, and is passed over. */
    private Received leaveOut(int id) {
        Received unshaped = received(offset++, part(id, "unshaped"));
        write(unshaped.record().offset(), List.of(), List.of(), List.of(unshaped));
        return unshaped;
    }

    @Test
    void whatLacksValuesBehindAChangeThatWasLeftOutIsNotCompletedFromTheStateBeforeThat() {
        leaveOut(1);
        write(part(1, "behind"), part(2, "other"));
        assertThat(sink.all()).containsExactly("other");
        assertThat(rereads.keys).containsExactly(key(1), key(1));
    }

    @Test
    void whatLacksValuesBehindAChangeThatTheSinkCouldNotCompleteIsNotCompletedFromTheStateBeforeThat() {
        sink.refused.put("half", ErrorCategory.INCOMPLETE);
        write(part(1, "half"));
        write(part(1, "behind"), part(2, "other"));
        assertThat(sink.all()).containsExactly("other");
        assertThat(rereads.keys).containsExactly(key(1), key(1));
    }

    @Test
    void whatLacksValuesBehindAChangeThatWasLeftOutIsLeftOutByWhoeverGoesOn() {
        leaveOut(1);
        held = new HeldKeys();
        write(part(1, "behind"));
        assertThat(sink.all()).isEmpty();
        assertThat(rereads.keys).containsExactly(key(1), key(1));
    }

    @Test
    void aRowThatWasAwaitedIsCompletedAgainOnceItCameWholeWithAllThatWasLeftOut() {
        leaveOut(1);
        long between = TestEvents.nextLsn();
        write(part(1, "behind"));
        // all that was left out by now it has not seen
        write(events.read(key(1), "{\"id\":1,\"name\":\"between\"}", between));
        write(part(1, "behind again"));
        assertThat(sink.all()).containsExactly("between");
        write(events.read(key(1), "{\"id\":1,\"name\":\"whole\"}", TestEvents.nextLsn()), part(1, "folded"));
        write(part(1, "completed"));
        assertThat(sink.all()).containsExactly("between", "folded", "completed");
        assertThat(awaited.rows).isEmpty();
        assertThat(rereads.keys).hasSize(3);
    }

    @Test
    void aLateReadOfAnOlderStateIsNoStateToFoldAChangeWithThatStandsBehindAGap() {
        long before = TestEvents.nextLsn();
        Received leftOut = leaveOut(1);
        write(events.read(key(1), "{\"id\":1,\"name\":\"before\"}", before), part(1, "behind"));
        assertThat(sink.all()).containsExactly("before");
        // the same where a person decided that the change is left out
        long row = leftOut.keyHash();
        letters.gaps.put(row, awaited.rows.remove(row));
        held.read(letters, "recorder", SinkKind.STATE, partition);
        write(events.read(key(1), "{\"id\":1,\"name\":\"before\"}", before), part(1, "behind"));
        assertThat(sink.all()).containsExactly("before", "before");
        assertThat(rereads.keys).hasSize(3);
    }

    @Test
    void whatIsBehindAChangeOfTheSameBatchThatIsLeftOutIsNotFoldedWithTheStateBeforeThat() {
        Received before = received(0, state(1, "before"));
        Received unshaped = received(1, part(1, "unshaped"));
        Received behind = received(2, part(1, "behind"));
        offset = 3;
        write(0, List.of(before, behind), List.of(), List.of(unshaped));
        assertThat(sink.all()).containsExactly("before");
        assertThat(rereads.keys).containsExactly(key(1), key(1));
    }

    @Test
    void aTruncateIsTheEndOfAllThatIsAwaited() {
        leaveOut(1);
        leaveOut(2);
        write(events.truncate());
        assertThat(awaited.rows).isEmpty();
    }

    @Test
    void whatIsNotKnownToBeAwaitedOrNotHoldsItsPartitionBack() {
        awaited.failing = true;
        assertThat(write(part(1, "half")).reason(partition)).contains("cannot be looked up");
        assertThat(sink.all()).isEmpty();
        awaited.failing = false;
        leaveOut(1);
        awaited.failing = true;
        assertThat(write(state(1, "whole")).reason(partition)).contains("cannot be noted");
    }
}
