package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.ChangeEvent;
import io.millrace.sync.sink.SinkKind;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Sinks that throw what no sink is meant to throw, of each kind. */
class BrokenSinkTests extends WritersScenario {

    @Test
    void whatASinkBreaksAtHoldsItsPartitionAloneAndIsNoDeadLetter() {
        TopicPartition other = new TopicPartition(table.topic(), 1);
        sink.breaking.add("broken");
        for (SinkKind kind : SinkKind.values()) {
            sink.kind = kind;
            sink.batches.clear();
            Outcome outcome = writer().write(List.of(
                    batch(partition, state(1, "a"), state(2, "broken"), state(2, "broken again")),
                    batch(other, state(3, "c"), state(4, "d"), state(5, "e"))));
            assertThat(sink.all()).as(kind.name()).contains("a", "c", "d", "e").doesNotContain("broken");
            assertThat(outcome.reason(other)).as(kind.name()).isNull();
            assertThat(outcome.sinkDown()).as(kind.name()).isNull();
        }
        assertThat(letters.kept).isEmpty();
        assertThat(failed).isEmpty();
    }

    @Test
    void aPartitionThatIsHeldForWhatASinkBreaksAtIsPassedUpToItAndSaysWhere() {
        sink.breaking.add("broken");
        for (SinkKind kind : List.of(SinkKind.LOG, SinkKind.EFFECT)) {
            sink.kind = kind;
            Outcome outcome = writer().write(
                            List.of(batch(partition, state(1, "a"), state(2, "b"), state(3, "broken"), state(4, "c"))));
            assertThat(outcome.reason(partition))
                    .isEqualTo("recorder failed unexpectedly at offset 2 of " + partition
                            + ": java.lang.IllegalStateException: Broken at broken");
            assertThat(outcome.reachedOr(partition, 7)).as(kind.name()).isEqualTo(2);
        }
        sink.kind = SinkKind.STATE;
        assertThat(writer().write(List.of(batch(partition, state(1, "a"), state(3, "broken"))))
                        .reason(partition))
                .contains("offset 1 of " + partition);
    }

    @Test
    void aTruncateGoesToASinkOfStatesThoughItsPartitionIsHeld() {
        sink.breaking.add("broken");
        Outcome outcome =
                writer().write(List.of(batch(partition, state(1, "a"), state(2, "broken"), events.truncate())));
        assertThat(sink.all()).as("it stands for other partitions too").containsExactly("a", "truncate");
        assertThat(outcome.reason(partition)).isNotNull();
    }

    @Test
    void aSinkThatBreaksAtEverythingIsNotAskedForEveryChange() {
        sink.breaking.add("broken");
        ChangeEvent[] changes = new ChangeEvent[1000];
        for (int i = 0; i < changes.length; i++) {
            changes[i] = state(i, "broken");
        }
        for (SinkKind kind : SinkKind.values()) {
            sink.kind = kind;
            sink.asked.set(0);
            assertThat(writer().write(List.of(batch(partition, changes))).reason(partition))
                    .contains("Broken at broken");
            assertThat(sink.asked.get()).as(kind.name()).isLessThan(20);
        }
    }
}
