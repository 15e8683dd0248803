package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** A batch of effects may take a minute; who stops a table's way to the sink does not wait for it. */
class PausedEffectsTests extends EffectsScenario {

    private final TopicPartition other = new TopicPartition(table.topic(), 1);
    private final Set<TopicPartition> shut = ConcurrentHashMap.newKeySet();
    private final BatchWriter writer =
            new EffectWriter(sink, guard, faults, () -> Instant.EPOCH, one -> !shut.contains(one));

    @Test
    void nothingMoreIsBegunOfAPartitionThatWasShutAndTheOthersGoOn() {
        publish(partition, row(1, "a1"), row(1, "a2"), row(1, "a3"), row(2, "b1"));
        publish(other, row(3, "c1"), row(3, "c2"), row(3, "c3"));
        sink.beside = name -> {
            if (name.equals("a2")) {
                shut.add(partition);
            }
        };
        Outcome outcome = deliver(writer);
        assertThat(sink.taken)
                .as("what is on its way ends")
                .contains("a1", "a2", "c1", "c2", "c3")
                .doesNotContain("a3");
        assertThat(outcome.reason(partition)).startsWith("Its delivery was stopped");
        assertThat(outcome.reason(other)).isNull();
        assertThat(outcome.sinkDown()).isNull();
        assertThat(place(partition).next()).isEqualTo(2);

        shut.clear();
        sink.beside = name -> {};
        assertThat(deliver(writer).reason(partition)).isNull();
        assertThat(sink.taken).containsExactlyInAnyOrder("a1", "a2", "a3", "b1", "c1", "c2", "c3");
        assertThat(sink.asked).doesNotHaveDuplicates();
    }
}
