package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sync.sink.ErrorCategory;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Without a key nothing tells which changes are of one row: they keep their order, and none waits for a dead letter. */
class KeylessEffectsTests extends EffectsScenario {

    private final BatchWriter writer = new EffectWriter(sink, guard, faults, () -> Instant.EPOCH, one -> true);

    @Test
    void whatIsBehindARefusedChangeGoesOnInItsOrder() {
        sink.refused.put("bad", ErrorCategory.REJECTED);
        sink.refused.put("worse", ErrorCategory.REJECTED);
        publish(partition, keyless("1"), keyless("bad"), keyless("3"), keyless("worse"), keyless("5"));
        Outcome outcome = deliver(writer);
        publish(partition, keyless("6"));
        deliver(writer);
        assertThat(sink.asked).containsExactly("1", "bad", "3", "worse", "5", "6");
        assertThat(letters.left()).containsExactly("1:REJECTED", "3:REJECTED");
        assertThat(outcome.reason(partition)).isNull();
        assertThat(place(partition).next()).isEqualTo(6);
    }

    @Test
    void whatIsWaitedForBehindARefusedChangeHoldsTheRest() {
        sink.refused.put("bad", ErrorCategory.REJECTED);
        sink.refused.put("later", ErrorCategory.RETRYABLE);
        publish(partition, keyless("bad"), keyless("2"), keyless("later"), keyless("4"));
        assertThat(deliver(writer).reason(partition)).isEqualTo("No later");
        assertThat(place(partition).next()).isEqualTo(2);
        sink.refused.clear();
        assertThat(deliver(writer).reason(partition)).isNull();
        assertThat(sink.asked).containsExactly("bad", "2", "later", "later", "4");
        assertThat(letters.left()).containsExactly("0:REJECTED");
    }
}
