package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** A table is stopped for too many rows with letters, not for too many letters of a row. At most three rows here. */
class TooManyLettersTests {

    private final CapturedTable table = TestTables.items();
    private final TestEvents events = new TestEvents(table);
    private final LettersInMemory letters = new LettersInMemory();
    private final HeldKeys held = new HeldKeys();
    private final List<String> failed = new ArrayList<>();
    private final Outcome outcome = new Outcome();
    private final Faults faults = new Faults(
            "sink",
            (stopped, message) -> failed.add(message),
            letters,
            new DeliveryMetrics(new SimpleMeterRegistry(), "sink"),
            3);
    private long offset;

    private Received change(int id, boolean hasKey) {
        String key = "{\"id\":" + id + "}";
        ChangeEvent event = events.update(key, null, key);
        byte[] recordKey = hasKey ? key.getBytes() : null;
        return new Received(
                new Change(table, event),
                new ConsumerRecord<>(table.topic(), 0, offset++, recordKey, new byte[0]),
                held);
    }

    private boolean reject(int id) {
        return faults.rejected(change(id, true), "No", null, outcome);
    }

    @Test
    void lettersOfOneRowAreAsManyAsThereAre() {
        reject(1);
        for (int i = 0; i < 20; i++) {
            assertThat(faults.behind(List.of(change(1, true)), outcome)).isTrue();
        }
        assertThat(reject(2) && reject(3)).isTrue();
        assertThat(failed).isEmpty();
        assertThat(outcome.reason(new TopicPartition(table.topic(), 0))).isNull();

        assertThat(reject(4)).isFalse();
        assertThat(failed).singleElement().asString().startsWith("More than 3 rows");
    }

    @Test
    void lettersThatNameNoRowCountAsOneEach() {
        for (int i = 0; i < 3; i++) {
            assertThat(faults.rejected(change(1, false), "No", null, outcome)).isTrue();
        }
        assertThat(faults.rejected(change(1, false), "No", null, outcome)).isFalse();
        assertThat(failed).hasSize(1);
    }

    @Test
    void rowsThatPeopleSettledDoNotCount() {
        reject(1);
        reject(2);
        reject(3);
        letters.superseded.addAll(List.of(0L, 1L));
        assertThat(reject(4) && reject(5)).isTrue();
        assertThat(reject(6)).isFalse();
        assertThat(failed).hasSize(1);
    }
}
