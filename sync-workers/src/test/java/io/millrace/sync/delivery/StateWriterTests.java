package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.sink.ErrorCategory;
import org.junit.jupiter.api.Test;

/** What a sink of states is given, and what of it may take the place of a dead letter. */
class StateWriterTests extends WritersScenario {

    @Test
    void aStateTakesThePlaceOfTheDeadLetterOfItsRowOnly() {
        sink.refused.put("bad", ErrorCategory.REJECTED);
        write(state(1, "bad"), state(2, "bad"), state(3, "good"));
        assertThat(letters.left()).containsExactly("0:REJECTED", "1:REJECTED");
        write(state(1, "better"));
        assertThat(letters.left()).containsExactly("1:REJECTED");
        assertThat(sink.all()).containsExactly("good", "better");
    }

    @Test
    void aDeleteIsAWholeState() {
        sink.refused.put("bad", ErrorCategory.REJECTED);
        write(state(1, "bad"));
        write(events.delete(key(1)));
        assertThat(letters.left()).isEmpty();
        assertThat(held.isEmpty()).isTrue();
    }

    @Test
    void aPartOfAStateWaitsAndSoDoesThePartBehindIt() {
        sink.refused.put("bad", ErrorCategory.REJECTED);
        write(state(1, "bad"));
        write(part(1, "a"), part(2, "other row"));
        write(part(1, "b"));
        assertThat(letters.left()).containsExactly("0:REJECTED", "1:BEHIND", "3:BEHIND");
        assertThat(sink.all()).containsExactly("other row");
        write(state(1, "whole"));
        assertThat(letters.left()).isEmpty();
        assertThat(sink.all()).containsExactly("other row", "whole");
    }

    @Test
    void anOlderSnapshotReadGoesOnAndTakesNothingsPlace() {
        long lowWatermark = TestEvents.nextLsn();
        sink.refused.put("bad", ErrorCategory.REJECTED);
        write(state(1, "bad"));
        write(events.read(key(1), "{\"id\":1,\"name\":\"read\"}", lowWatermark));
        assertThat(sink.all()).containsExactly("read");
        assertThat(letters.left()).containsExactly("0:REJECTED");
    }

    @Test
    void whatWasPutTogetherFromSeveralRecordsIsKeptAsItCame() {
        sink.refused.put("bad", ErrorCategory.REJECTED);
        write(state(1, "fine"), part(1, "bad"), part(1, "bad"));
        assertThat(sink.all()).containsExactly("fine");
        assertThat(letters.left()).containsExactly("1:REJECTED", "2:BEHIND");
        assertThat(letters.kept.get(1L).event().unavailable()).containsExactly("note");
    }

    @Test
    void batchesThatAreRefusedAsAWholeAreHalvedDownToTheOneRecord() {
        sink.asWhole = true;
        sink.refused.put("bad", ErrorCategory.REJECTED);
        write(state(1, "a"), state(2, "b"), state(3, "bad"), state(4, "c"), state(5, "d"));
        assertThat(sink.all()).containsExactlyInAnyOrder("a", "b", "c", "d");
        assertThat(letters.left()).containsExactly("2:REJECTED");
        assertThat(letters.kept.get(2L).stack()).contains("SinkException").doesNotContain("No bad");
    }
}
