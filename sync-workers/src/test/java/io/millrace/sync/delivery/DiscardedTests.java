package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.SinkBinding;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.SinkKind;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Discarded changes that a partition was not passed up to yet are known when it is read again, at no cost where there are none. */
class DiscardedTests {

    private final CapturedTable table = TestTables.items();
    private final TopicPartition partition = new TopicPartition(table.topic(), 0);
    private final LettersInMemory letters = new LettersInMemory();
    private final HeldKeys held = new HeldKeys();
    private final Faults faults = new Faults(
            "sink", (stopped, message) -> {}, letters, new DeliveryMetrics(new SimpleMeterRegistry(), "sink"), 10);

    /** Of a batch that is not delivered again. */
    private Map<Long, String> discarded(long from, long to) {
        Route route =
                new Route(table, new SinkBinding(table.id(), "sink", BindingState.ACTIVE, null, Instant.EPOCH, "{}"));
        Outcome outcome = new Outcome();
        Faults.Discarded found = faults.discarded(
                new PartitionBatch(partition, route, from, to, List.of(), List.of(), List.of(), 0, 0, false, held),
                outcome);
        assertThat(outcome.reason(partition)).isNull();
        return found.events();
    }

    @Test
    void nothingIsLookedUpWhereNothingIsDiscarded() {
        held.read(letters, "sink", SinkKind.EFFECT, partition);
        assertThat(discarded(0, 100)).isEmpty();
        assertThat(letters.lookups).isZero();
    }

    @Test
    void whatIsDiscardedAheadIsLookedUpUntilItIsPassed() {
        letters.discarded.put(50L, "event");
        for (SinkKind kind : List.of(SinkKind.LOG, SinkKind.EFFECT)) {
            held.read(letters, "sink", kind, partition);
            assertThat(discarded(40, 60)).containsOnlyKeys(50L);
            assertThat(discarded(50, 60)).containsOnlyKeys(50L);
            letters.lookups = 0;
            assertThat(discarded(51, 60)).isEmpty();
            assertThat(letters.lookups).isZero();
        }
    }
}
