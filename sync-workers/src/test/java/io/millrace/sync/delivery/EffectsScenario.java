package io.millrace.sync.delivery;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.SinkBinding;
import io.millrace.event.ChangeEvent;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.shaping.SinkShaping;
import io.millrace.sync.sink.SinkKind;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** The partitions of one topic and the writer of effects, batch after batch, each from where the last one led. */
abstract class EffectsScenario {

    final CapturedTable table = TestTables.items();
    final TestEvents events = new TestEvents(table);
    final TopicPartition partition = new TopicPartition(table.topic(), 0);
    final EffectsInMemory sink = new EffectsInMemory();
    final GuardInMemory guard = new GuardInMemory();
    final LettersInMemory letters = new LettersInMemory();
    final DeliveryMetrics metrics = new DeliveryMetrics(new SimpleMeterRegistry(), "effects");
    final Faults faults = new Faults("effects", (stopped, message) -> {}, letters, metrics, 100);
    final Route route =
            new Route(table, new SinkBinding(table.id(), "effects", BindingState.ACTIVE, null, Instant.EPOCH, "{}"));

    private final Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records = new HashMap<>();
    private final Map<TopicPartition, Place> places = new HashMap<>();

    ChangeEvent row(int id, String name) {
        String key = "{\"id\":" + id + "}";
        return events.update(key, null, "{\"id\":" + id + ",\"name\":\"" + name + "\"}");
    }

    /** Of a table without a key. */
    ChangeEvent keyless(String name) {
        return events.create(null, "{\"name\":\"" + name + "\"}");
    }

    void publish(TopicPartition to, ChangeEvent... changes) {
        List<ConsumerRecord<byte[], byte[]>> all = records.computeIfAbsent(to, none -> new ArrayList<>());
        for (ChangeEvent event : changes) {
            all.add(record(to, all.size(), event));
        }
    }

    ConsumerRecord<byte[], byte[]> record(TopicPartition in, long offset, ChangeEvent event) {
        ProducerRecord<byte[], byte[]> sent = events.record(event, in.partition());
        var record = new ConsumerRecord<>(in.topic(), in.partition(), offset, sent.key(), sent.value());
        sent.headers().forEach(record.headers()::add);
        return record;
    }

    RecordReader reader() {
        return new RecordReader(
                null,
                metrics,
                new Repetitions("effects", nothingStored()),
                SinkShaping.of("effects", SinkKind.EFFECT, null, null, new SimpleMeterRegistry()));
    }

    Place place(TopicPartition of) {
        return places.computeIfAbsent(of, none -> {
            Place place = new Place();
            place.stand(0, 0, 0);
            return place;
        });
    }

    /** Writes what is published and not passed. */
    Outcome deliver(BatchWriter writer) {
        RecordReader reader = reader();
        List<PartitionBatch> batches = new ArrayList<>();
        records.forEach((of, all) -> {
            int next = (int) place(of).next();
            if (next < all.size()) {
                batches.add(reader.read(of, route, place(of), all.subList(next, all.size())));
            }
        });
        Outcome outcome = writer.write(batches);
        for (PartitionBatch batch : batches) {
            boolean whole = outcome.reason(batch.partition()) == null;
            place(batch.partition())
                    .next(whole ? batch.next() : outcome.reachedOr(batch.partition(), batch.expected()));
        }
        return outcome;
    }

    static Offsets nothingStored() {
        return (Offsets) Proxy.newProxyInstance(
                Offsets.class.getClassLoader(),
                new Class<?>[] {Offsets.class},
                (proxy, method, arguments) -> List.of());
    }
}
