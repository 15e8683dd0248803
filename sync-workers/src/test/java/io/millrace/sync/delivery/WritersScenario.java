package io.millrace.sync.delivery;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.SinkBinding;
import io.millrace.event.ChangeEvent;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** The writers with a sink that a test steers, and the batches of one partition that they are given. */
abstract class WritersScenario {

    final CapturedTable table = TestTables.items();
    final TestEvents events = new TestEvents(table);
    final TopicPartition partition = new TopicPartition(table.topic(), 0);
    final LettersInMemory letters = new LettersInMemory();
    final RereadsInMemory rereads = new RereadsInMemory();
    final AwaitedInMemory awaited = new AwaitedInMemory();
    final GuardInMemory guard = new GuardInMemory();
    HeldKeys held = new HeldKeys();
    final RecordingSink sink = new RecordingSink();
    /** Why the table's way to the sink was stopped. */
    final List<String> failed = new ArrayList<>();
    /** From when on deduplication knows what took place. */
    final Instant remembersSince = Instant.now().minus(Duration.ofDays(8));

    int maxUnsettled = 100;
    boolean repeats;
    /** Of the next record. */
    long offset;

    static String key(int id) {
        return "{\"id\":" + id + "}";
    }

    ChangeEvent state(int id, String name) {
        return events.update(key(id), null, "{\"id\":" + id + ",\"name\":\"" + name + "\",\"note\":\"n\"}");
    }

    ChangeEvent part(int id, String name) {
        return events.update(
                key(id),
                null,
                "{\"id\":" + id + ",\"name\":\"" + name + "\",\"note\":\"__debezium_unavailable_value\"}",
                "note");
    }

    /** The next records of the partition. */
    Outcome write(ChangeEvent... changes) {
        long from = offset;
        List<Received> received = new ArrayList<>();
        for (ChangeEvent event : changes) {
            received.add(received(offset++, event));
        }
        return write(from, received, List.of(), List.of());
    }

    /** All between these offsets: what can be given to a sink, what is no event, and what lacks values to be shaped. */
    Outcome write(long from, List<Received> received, List<DeadLetter> malformed, List<Received> lacking) {
        return writer().write(List.of(batch(partition, from, offset, received, malformed, lacking)));
    }

    Received received(long at, ChangeEvent event) {
        return received(partition, at, event);
    }

    private Received received(TopicPartition of, long at, ChangeEvent event) {
        byte[] key = event.key() == null ? null : event.key().json().getBytes();
        return new Received(
                new Change(table, event), new ConsumerRecord<>(of.topic(), of.partition(), at, key, new byte[0]), held);
    }

    /** The records from offset 0 on of any partition, for {@link #writer}. */
    PartitionBatch batch(TopicPartition of, ChangeEvent... changes) {
        List<Received> received = new ArrayList<>();
        for (ChangeEvent event : changes) {
            received.add(received(of, received.size(), event));
        }
        return batch(of, 0, changes.length, received, List.of(), List.of());
    }

    private PartitionBatch batch(
            TopicPartition of,
            long from,
            long next,
            List<Received> received,
            List<DeadLetter> malformed,
            List<Received> lacking) {
        SinkBinding binding = new SinkBinding(table.id(), "recorder", BindingState.ACTIVE, null, Instant.EPOCH, "{}");
        Route route = new Route(table, binding);
        return new PartitionBatch(
                of, route, from, next, received, malformed, lacking, received.size(), 0, repeats, held);
    }

    BatchWriter writer() {
        Faults faults = new Faults(
                "recorder",
                (failing, message) -> failed.add(message),
                letters,
                new DeliveryMetrics(new SimpleMeterRegistry(), "recorder"),
                maxUnsettled);
        return switch (sink.kind()) {
            case STATE -> new StateWriter(sink, faults, new IncompleteRows("recorder", rereads, awaited));
            case LOG -> new LogWriter(sink, faults);
            case EFFECT -> new EffectWriter(sink, guard, faults, () -> remembersSince, partition -> true);
        };
    }
}
