package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sync.deduplication.Guard;
import io.millrace.sync.deduplication.Mark;
import io.millrace.sync.deduplication.Verdict;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.SinkBatch;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A claim binds others from when the platform database has it, which is before this process hears of it. */
class ClaimTests extends EffectsScenario {

    private volatile long claimed;

    /** Whose answer comes later than the claim. */
    private final class Slow implements Guard {

        @Override
        public Set<String> done(Collection<Mark> events, boolean again) {
            return Set.of();
        }

        @Override
        public Verdict pass(Mark done, Mark next) {
            if (next != null) {
                claimed = System.nanoTime();
                while (System.nanoTime() == claimed) {
                    Thread.onSpinWait();
                }
            }
            return Verdict.FIRST;
        }

        @Override
        public void storeRest() {}
    }

    @Test
    void theSinkIsToldOfWhenTheClaimWasAskedFor() throws Exception {
        publish(partition, row(1, "a"));
        deliver(new EffectWriter(sink, new Slow(), faults, () -> Instant.EPOCH, one -> true));
        assertThat(sink.taken).containsExactly("a");
        assertThat(sink.last.claimedAt() - claimed).isLessThanOrEqualTo(0);

        new GuardedSink(sink, new Slow()).write(SinkBatch.of(List.of(new Change(table, row(1, "again")))));
        assertThat(sink.taken).containsExactly("a", "again");
        assertThat(sink.last.claimedAt() - claimed).isLessThanOrEqualTo(0);
    }
}
