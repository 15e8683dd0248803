package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sync.sink.ErrorCategory;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A change that its receiver does not take, while it takes others, holds its partition for a time and then only its row. */
class StuckEffectsTests extends EffectsScenario {

    private static final Duration PATIENCE = Duration.ofMinutes(15);

    private final AtomicLong nanos = new AtomicLong();
    private final BatchWriter writer = new EffectWriter(
            sink, guard, faults, () -> Instant.EPOCH, one -> true, new LoneRefusals(PATIENCE, nanos::get));

    @BeforeEach
    void refuse() {
        sink.refused.put("stuck", ErrorCategory.RETRYABLE);
    }

    /** Delivers each minute. */
    private Outcome after(int minutes) {
        Outcome outcome = null;
        for (int i = 0; i < minutes; i++) {
            nanos.addAndGet(Duration.ofMinutes(1).toNanos());
            outcome = deliver(writer);
        }
        return outcome;
    }

    @Test
    void itBecomesALetterThatIsTriedOnAndItsRowWaitsBehindIt() {
        publish(partition, row(1, "stuck"), row(2, "b"), row(1, "a2"), row(3, "c"));
        assertThat(deliver(writer).reason(partition)).isEqualTo("No stuck");
        assertThat(after(14).reason(partition)).isEqualTo("No stuck");
        assertThat(letters.kept).isEmpty();
        assertThat(place(partition).next()).isZero();

        assertThat(after(1).reason(partition)).isNull();
        assertThat(letters.left()).containsExactly("0:RETRYABLE", "2:BEHIND");
        assertThat(letters.kept.get(0L).cause()).isEqualTo("No stuck");
        assertThat(place(partition).next()).isEqualTo(4);

        publish(partition, row(1, "a3"), row(2, "b2"));
        assertThat(after(1).reason(partition)).isNull();
        assertThat(letters.left()).containsExactly("0:RETRYABLE", "2:BEHIND", "4:BEHIND");
        assertThat(sink.taken).containsExactlyInAnyOrder("b", "c", "b2");
    }

    @Test
    void behindOneWithoutAKeyTheRestGoesOn() {
        publish(partition, keyless("1"), keyless("stuck"), keyless("3"));
        deliver(writer);
        assertThat(after(15).reason(partition)).isNull();
        assertThat(letters.left()).containsExactly("1:RETRYABLE");
        assertThat(sink.taken).containsExactly("1", "3");
    }

    @Test
    void itWaitsAsLongAsTheSinkTakesNothingElse() {
        publish(partition, row(1, "stuck"), row(2, "stuck"));
        assertThat(after(120).reason(partition)).isEqualTo("No stuck");
        assertThat(letters.kept).isEmpty();

        publish(new TopicPartition(table.topic(), 1), row(3, "another"));
        deliver(writer);
        after(1);
        assertThat(letters.left()).containsExactly("0:RETRYABLE", "1:RETRYABLE");
    }

    @Test
    void timeInWhichTheSinkIsDownDoesNotCount() {
        publish(partition, row(1, "stuck"), row(2, "b"));
        deliver(writer);
        after(10);
        sink.down = true;
        assertThat(after(30).reason(partition)).isEqualTo("It is down");
        sink.down = false;
        assertThat(after(5).reason(partition)).isEqualTo("No stuck");
        assertThat(letters.kept).isEmpty();
        assertThat(after(1).reason(partition)).isNull();
        assertThat(letters.left()).containsExactly("0:RETRYABLE");
    }

    @Test
    void howeverManyThereAreTheOthersGoOnAndTheyFollow() {
        sink.mostAtOnce = 1;
        for (int i = 0; i < 20; i++) {
            publish(partition, row(i, "stuck"));
        }
        publish(partition, row(100, "b"), row(101, "c"));
        // eight are asked before the sink is taken to be down
        for (int i = 0; i < 3; i++) {
            assertThat(deliver(writer).sinkDown()).isEqualTo("No stuck");
        }
        assertThat(sink.taken).containsExactlyInAnyOrder("b", "c");
        assertThat(deliver(writer).sinkDown()).isNull();
        assertThat(letters.kept).isEmpty();
        assertThat(after(16).reason(partition)).isNull();
        assertThat(letters.kept).hasSize(20);
        assertThat(place(partition).next()).isEqualTo(22);
    }
}
