package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SinkBinding;
import io.millrace.event.EventHeaders;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.shaping.SinkShaping;
import io.millrace.sync.sink.SinkKind;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;

/** What a poll brings is settled by partition; a consumer that is connected to nothing stands for those of a sink. */
class SinkDeliveryTests {

    private static final Backoff BACKOFF = new Backoff(Duration.ofMinutes(1), Duration.ofMinutes(1));

    private final CapturedTable table = TestTables.items();
    private final TestEvents events = new TestEvents(table);
    private final TopicPartition first = new TopicPartition(table.topic(), 0);
    private final TopicPartition second = new TopicPartition(table.topic(), 1);
    private final List<List<TopicPartition>> written = new ArrayList<>();
    private final Map<Integer, String> waiting = new TreeMap<>();
    private final SinkHealth health = new SinkHealth(System::nanoTime, () -> null);
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final DeliveryMetrics metrics = new DeliveryMetrics(registry, "sink");
    private BatchWriter writer = batches -> {
        written.add(batches.stream().map(PartitionBatch::partition).toList());
        return new Outcome();
    };
    private SteeredConsumer consumer;

    private final Offsets offsets = (Offsets) Proxy.newProxyInstance(
            getClass().getClassLoader(), new Class<?>[] {Offsets.class}, (proxy, method, given) -> {
                if (method.getName().equals("waiting")) {
                    ((List<?>) given[1])
                            .forEach(partition ->
                                    waiting.put(((Offsets.TopicPartitionId) partition).partition(), (String) given[2]));
                }
                return method.getReturnType() == void.class ? null : List.of();
            });

    /** It knows nothing of the table, as one that was restored from a backup. */
    private final PipelineCatalog catalog = (PipelineCatalog) Proxy.newProxyInstance(
            getClass().getClassLoader(), new Class<?>[] {PipelineCatalog.class}, (proxy, method, given) -> {
                throw new IllegalStateException("The catalog has no such version");
            });

    @BeforeEach
    void assign() {
        consumer = new SteeredConsumer(
                Map.of("bootstrap.servers", "localhost:1", "group.id", "test"),
                polling -> {},
                new DeliveryOffsets("sink", offsets),
                new Headroom(1 << 20).share());
        consumer.assign(List.of(first, second));
        consumer.place(first).stand(0, 0, 0);
        consumer.place(second).stand(0, 0, 0);
    }

    @AfterEach
    void close() {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
    }

    private void deliver(ConsumerRecord<byte[], byte[]> inFirst, ConsumerRecord<byte[], byte[]> inSecond) {
        deliver(Map.of(first, List.of(inFirst), second, List.of(inSecond)));
    }

    private void deliver(Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records) {
        Places places = new Places(
                "sink",
                SinkKind.STATE,
                (stopped, message) -> {},
                BACKOFF,
                null,
                new LettersInMemory(),
                metrics,
                health,
                new CurrentTopics(Map.of()));
        SinkBinding binding = new SinkBinding(table.id(), "sink", BindingState.ACTIVE, null, Instant.EPOCH, "{}");
        places.routes(Map.of(table.topic(), new Route(table, binding)), System.nanoTime());
        RecordReader reader = new RecordReader(
                catalog,
                metrics,
                new Repetitions("sink", offsets),
                SinkShaping.of("sink", SinkKind.STATE, catalog, null, new SimpleMeterRegistry()));
        SinkDelivery delivery =
                new SinkDelivery("sink", SinkKind.STATE, writer, reader, places, metrics, health, BACKOFF);
        delivery.onMessage(new ConsumerRecords<>(records, Map.of()), null, consumer);
    }

    private ConsumerRecord<byte[], byte[]> record(TopicPartition partition, int schemaVersion) {
        ProducerRecord<byte[], byte[]> sent =
                events.record(events.create("{\"id\":1}", "{\"id\":1}"), partition.partition());
        var record = new ConsumerRecord<>(table.topic(), partition.partition(), 0, sent.key(), sent.value());
        sent.headers().forEach(record.headers()::add);
        record.headers().remove(EventHeaders.SCHEMA_VERSION);
        record.headers()
                .add(
                        EventHeaders.SCHEMA_VERSION,
                        Integer.toString(schemaVersion).getBytes());
        return record;
    }

    private void assertThatTheFirstIsHeldAlone(String why) {
        assertThat(consumer.place(first).held()).isTrue();
        assertThat(consumer.place(first).next()).isZero();
        assertThat(consumer.position(first)).as("comes again").isZero();
        assertThat(consumer.paused()).containsExactly(first);
        assertThat(consumer.place(second).held()).isFalse();
        assertThat(consumer.place(second).next()).isEqualTo(1);
        assertThat(consumer.isHeld()).isFalse();
        assertThat(waiting).containsExactly(Map.entry(0, why));
        assertThat(health.health().getDetails()).containsEntry("cause", why);
    }

    @Test
    void aRecordThatCannotBeReadForAnUnknownReasonHoldsItsPartitionAlone() {
        deliver(record(first, 2), record(second, 1));
        assertThat(written).containsExactly(List.of(second));
        assertThatTheFirstIsHeldAlone("Delivery of " + first
                + " to sink failed unexpectedly: java.lang.IllegalStateException: The catalog has no such version");
    }

    @Test
    void aWriterThatBreaksAtOnePartitionIsGivenTheOthersByThemselves() {
        BatchWriter sound = writer;
        writer = batches -> {
            if (batches.stream().anyMatch(batch -> batch.partition().equals(first))) {
                throw new IllegalStateException("The test breaks it");
            }
            return sound.write(batches);
        };
        deliver(record(first, 1), record(second, 1));
        assertThat(written).containsExactly(List.of(second));
        assertThatTheFirstIsHeldAlone("Delivery of " + first
                + " to sink failed unexpectedly: java.lang.IllegalStateException: The test breaks it");
    }

    /** A quiet partition has nothing more that could pass. */
    @Test
    void whatWasDeliveredWholeBeforeTheSinkWentDownIsNotWaitedFor() {
        BatchWriter sound = writer;
        writer = batches -> {
            Outcome outcome = new Outcome();
            outcome.reached(first, 1);
            outcome.reached(second, 0);
            outcome.sinkDown("It is down");
            return outcome;
        };
        deliver(record(first, 1), record(second, 1));
        assertThat(waiting).containsExactly(Map.entry(1, "It is down"));
        assertThat(consumer.place(first).next()).isEqualTo(1);
        assertThat(consumer.place(first).held()).isFalse();
        assertThat(consumer.place(second).next()).isZero();
        assertThat(consumer.place(second).held()).isTrue();
        assertThat(consumer.isHeld()).isTrue();
        assertThat(health.health().getDetails()).containsEntry("cause", "It is down");

        writer = sound;
        consumer.forget(List.of(second));
        consumer.place(second).stand(0, 0, 0);
        deliver(Map.of(second, List.of(record(second, 1))));
        assertThat(health.health().getStatus()).isEqualTo(Status.UP);
        assertThat(registry.get("millrace.sink.waiting").gauge().value()).isZero();
    }

    @Test
    void allPartitionsAreWrittenTogetherWhereNothingIsWrong() {
        deliver(record(first, 1), record(second, 1));
        assertThat(written)
                .singleElement()
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
                .containsExactlyInAnyOrder(first, second);
        assertThat(waiting).isEmpty();
    }
}
