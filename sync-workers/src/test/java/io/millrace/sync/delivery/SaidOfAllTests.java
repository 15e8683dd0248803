package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sync.sink.LeftAloneException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A sink of effects says at one change that it takes nothing now, as with 503, and takes the others. */
class SaidOfAllTests extends EffectsScenario {

    private static final Duration PATIENCE = Duration.ofMinutes(15);

    private final AtomicLong nanos = new AtomicLong();
    private final TopicPartition other = new TopicPartition(table.topic(), 1);
    private final BatchWriter writer = new EffectWriter(
            sink, guard, faults, () -> Instant.EPOCH, one -> true, new LoneRefusals(PATIENCE, nanos::get));
    private int published;

    @BeforeEach
    void say() {
        sink.mostAtOnce = 1;
        sink.saidOfAll.put("stuck", Duration.ZERO);
    }

    private Outcome after(int minutes) {
        Outcome outcome = null;
        for (int i = 0; i < minutes; i++) {
            nanos.addAndGet(Duration.ofMinutes(1).toNanos());
            outcome = deliver(writer);
        }
        return outcome;
    }

    /** Delivers each minute, with a change of another partition each time. */
    private Outcome busy(int minutes) {
        Outcome outcome = null;
        for (int i = 0; i < minutes; i++) {
            publish(other, row(100 + published, "other " + published++));
            outcome = after(1);
        }
        return outcome;
    }

    @Test
    void itStopsTheOthersOnceAndBecomesALetterLikeAnyThatIsRefusedAlone() {
        publish(partition, row(1, "stuck"), row(2, "b"), row(1, "a2"));
        assertThat(deliver(writer).sinkDown()).isEqualTo("No stuck");
        assertThat(sink.taken).isEmpty();

        Outcome outcome = busy(1);
        // the first time that is known to have been meant for it alone is the next one
        assertThat(sink.taken).containsExactlyInAnyOrder("b", "other 0");
        outcome = busy(14);
        assertThat(outcome.sinkDown()).isNull();
        assertThat(outcome.reason(partition)).isEqualTo("No stuck");
        assertThat(outcome.reason(other)).isNull();
        assertThat(letters.kept).isEmpty();

        assertThat(busy(3).reason(partition)).isNull();
        assertThat(letters.left()).containsExactly("0:RETRYABLE", "2:BEHIND");
        assertThat(place(partition).next()).isEqualTo(3);
    }

    @Test
    void aSinkThatTakesNothingMakesNoLettersAlsoWhereOneWasRefusedAloneBefore() {
        publish(partition, row(1, "stuck"), row(2, "b"));
        deliver(writer);
        busy(8);
        assertThat(letters.kept).isEmpty();
        sink.down = true;
        assertThat(after(300).reason(partition)).isEqualTo("It is down");
        busy(300);
        assertThat(letters.kept).isEmpty();
    }

    @Test
    void aLongTimeWithoutBeingAskedIsNoneOfBeingRefused() {
        publish(partition, row(1, "stuck"), row(2, "b"));
        deliver(writer);
        busy(1);
        nanos.addAndGet(Duration.ofMinutes(50).toNanos());
        assertThat(busy(1).reason(partition)).isEqualTo("No stuck");
        assertThat(letters.kept).isEmpty();
    }

    @Test
    void itIsHeededWhenItAsksToBeLeftAloneWhichIsNoOutage() {
        AtomicLong until = new AtomicLong(Long.MIN_VALUE);
        sink.saidOfAll.put("stuck", Duration.ofMinutes(3));
        sink.before = name -> {
            if (nanos.get() < until.get()) {
                throw new LeftAloneException("Left alone", Duration.ofMinutes(1), false);
            }
            if (name.equals("stuck")) {
                until.set(nanos.get() + Duration.ofMinutes(3).toNanos());
            }
        };
        publish(partition, row(1, "stuck"), row(2, "b"));
        deliver(writer);
        assertThat(busy(2).sinkDown()).isEqualTo("Left alone");
        assertThat(sink.asked).containsExactly("stuck");
        busy(40);
        assertThat(letters.left()).containsExactly("0:RETRYABLE");
        int asked = (int) sink.asked.stream().filter("stuck"::equals).count();
        assertThat(asked).isBetween(5, 12);
    }
}
