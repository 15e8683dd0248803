package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.LetterCauses;
import io.millrace.catalog.SinkBinding;
import io.millrace.event.ChangeEvent;
import io.millrace.sync.deadletter.Gap;
import io.millrace.sync.deadletter.KeptLetter;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.shaping.SinkShaping;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkKind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

class RedeliveryTests {

    private static final Backoff LONG = new Backoff(Duration.ofMinutes(1), Duration.ofMinutes(1));

    private final CapturedTable table = TestTables.items();
    private final TestEvents events = new TestEvents(table);
    private final TopicPartition partition = new TopicPartition(table.topic(), 0);
    private final LettersInMemory letters = new LettersInMemory();
    private final AwaitedInMemory awaited = new AwaitedInMemory();
    private final RereadsInMemory rereads = new RereadsInMemory();
    private final IncompleteRows incomplete = new IncompleteRows("sink", rereads, awaited);
    private final SteerableSink sink = new SteerableSink("sink", SinkKind.STATE);
    private final List<String> stopped = new ArrayList<>();

    private SteeredConsumer consumer() {
        return new SteeredConsumer(
                Map.of("bootstrap.servers", "localhost:1", "group.id", "test"),
                polling -> {},
                null,
                new Headroom(1 << 20).share());
    }

    private void due(long offset, ChangeEvent event) {
        ProducerRecord<byte[], byte[]> sent = events.record(event, 0);
        var record = new ConsumerRecord<>(table.topic(), 0, offset, sent.key(), sent.value());
        sent.headers().forEach(record.headers()::add);
        letters.records.put(offset, record);
        letters.due.add(
                new KeptLetter(offset, "sink", partition, offset, null, HeldKeys.hash(table, record), event.eventId()));
    }

    private Redelivery redelivery() {
        DeliveryMetrics metrics = new DeliveryMetrics(new SimpleMeterRegistry(), "sink");
        RecordReader reader = new RecordReader(
                null,
                metrics,
                new Repetitions("sink", null),
                SinkShaping.of("sink", SinkKind.STATE, null, null, new SimpleMeterRegistry()));
        Faults faults = new Faults("sink", (table, message) -> stopped.add(message), letters, metrics, 10);
        return new Redelivery(sink, reader, letters, faults, incomplete, metrics, LONG);
    }

    private Route route() {
        return new Route(table, new SinkBinding(table.id(), "sink", BindingState.ACTIVE, null, Instant.EPOCH, "{}"));
    }

    @Test
    void lettersThatTheTimeBetweenTwoPollsDoesNotSufficeForStayDue() {
        for (int i = 0; i < 5; i++) {
            letters.due.add(new KeptLetter(i, "sink", partition, i, null, (long) i, null));
        }
        Redelivery redelivery = new Redelivery(sink, null, letters, null, null, null, null);
        AtomicInteger asked = new AtomicInteger();
        try (SteeredConsumer consumer = consumer()) {
            redelivery.run(null, consumer, partition, null, () -> asked.incrementAndGet() <= 2);
            assertThat(letters.refusedAgain).containsExactly(0L, 1L);
            redelivery.run(null, consumer, partition, null, () -> true);
        }
        assertThat(letters.refusedAgain).containsExactly(0L, 1L, 2L, 3L, 4L);
    }

    @Test
    void aLetterThatTheSinkBreaksAtWaitsWithItsRowAloneAndSaysWhy() {
        String bad = "bad in " + table.table().table();
        due(0, events.create("{\"id\":1}", "{\"id\":1,\"name\":\"" + bad + "\"}"));
        due(1, events.update("{\"id\":1}", null, "{\"id\":1,\"name\":\"later\"}"));
        due(2, events.create("{\"id\":2}", "{\"id\":2,\"name\":\"other\"}"));
        SteerableSink.breakAt(bad, true);
        try (SteeredConsumer consumer = consumer()) {
            consumer.place(partition).stand(3, 0, 0);
            redelivery().run(null, consumer, partition, route(), () -> true);
            assertThat(letters.takenAgain).containsExactly(2L);
            assertThat(letters.leftForLater)
                    .containsExactly("0: sink failed unexpectedly at offset 0 of " + partition
                            + ": java.lang.IllegalStateException: The test breaks it");
            LetterPauses pauses = consumer.place(partition).letters();
            assertThat(pauses.letters()).containsExactly(0L);
            assertThat(pauses.rests()).as("what else becomes due need not wait").isFalse();
        } finally {
            SteerableSink.breakAt(bad, false);
        }
    }

    /** The masks were declared while the sink, which was given the letters unmasked, was yet to answer. */
    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void whatASinkSaysOfLettersThatWereMaskedMeanwhileIsToldNowhere(CapturedOutput log) {
        String bad = "bad in " + table.table().table();
        due(0, events.create("{\"id\":1}", "{\"id\":1,\"name\":\"" + bad + " broken\"}"));
        due(1, events.create("{\"id\":2}", "{\"id\":2,\"name\":\"" + bad + " later\"}"));
        due(2, events.create("{\"id\":3}", "{\"id\":3,\"name\":\"" + bad + " fatal\"}"));
        letters.masked = true;
        SteerableSink.breakAt(bad + " broken", true);
        SteerableSink.refuse(bad + " later", ErrorCategory.RETRYABLE);
        SteerableSink.refuse(bad + " fatal", ErrorCategory.FATAL);
        try (SteeredConsumer consumer = consumer()) {
            consumer.place(partition).stand(3, 0, 0);
            redelivery().run(null, consumer, partition, route(), () -> true);
        } finally {
            SteerableSink.breakAt(bad + " broken", false);
            SteerableSink.refuse(bad + " later", null);
            SteerableSink.refuse(bad + " fatal", null);
        }
        assertThat(letters.leftForLater).hasSize(3);
        assertThat(stopped).singleElement().asString().startsWith(LetterCauses.UNSAID);
        assertThat(log.toString().split(LetterCauses.UNSAID, -1)).hasSize(4);
        assertThat(log).doesNotContain("The test");
    }

    @Test
    void lettersBehindAChangeThatWasLeftOutAreReadAgainInsteadUntilTheirRowCameWhole() {
        String notSent = "{\"id\":1,\"name\":\"b\",\"note\":\"__debezium_unavailable_value\"}";
        due(0, events.update("{\"id\":1}", null, notSent, "note"));
        due(1, events.update("{\"id\":1}", null, "{\"id\":1,\"name\":\"c\",\"note\":\"n\"}"));
        due(2, events.update("{\"id\":1}", null, notSent, "note"));
        long row = letters.due.get(0).keyHash();
        awaited.rows.put(row, Gap.at(1));
        try (SteeredConsumer consumer = consumer()) {
            consumer.place(partition).stand(3, 0, 0);
            redelivery().run(null, consumer, partition, route(), () -> true);
        }
        assertThat(letters.passedBy).containsExactly(0L);
        assertThat(rereads.keys).containsExactly("{\"id\":1}");
        assertThat(letters.takenAgain).containsExactly(1L, 2L);
        assertThat(SteerableSink.row(table.table().table(), "{\"id\":1}"))
                .isEqualTo("{\"id\":1,\"name\":\"b\",\"note\":\"n\"}");
        assertThat(awaited.rows).isEmpty();
    }
}
