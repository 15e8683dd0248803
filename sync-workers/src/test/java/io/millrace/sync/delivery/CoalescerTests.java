package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class CoalescerTests {

    private static final String NOT_SENT = "\"__debezium_unavailable_value\"";

    private final CapturedTable table = TestTables.items();
    private final TestEvents events = new TestEvents(table);

    private static String key(int id) {
        return "{\"id\":" + id + "}";
    }

    private static String row(int id, String name, String noteJson) {
        return "{\"id\":" + id + ",\"name\":\"" + name + "\",\"note\":" + noteJson + "}";
    }

    private List<ChangeEvent> coalesced(ChangeEvent... batch) {
        List<Received> received = new ArrayList<>();
        for (ChangeEvent event : batch) {
            received.add(new Received(
                    new Change(table, event),
                    new ConsumerRecord<>(table.topic(), 0, received.size(), new byte[0], new byte[0]),
                    new HeldKeys()));
        }
        return Coalescer.coalesce(received).stream().map(Received::event).toList();
    }

    @Test
    void onlyTheNewestChangeOfARowIsLeft() {
        ChangeEvent first = events.create(key(1), row(1, "a", "null"));
        ChangeEvent other = events.create(key(2), row(2, "x", "null"));
        ChangeEvent last = events.update(key(1), null, row(1, "b", "null"));
        assertThat(coalesced(first, other, last)).containsExactlyInAnyOrder(last, other);
    }

    @Test
    void deleteIsTheNewestStateToo() {
        ChangeEvent created = events.create(key(1), row(1, "a", "null"));
        ChangeEvent deleted = events.delete(key(1));
        assertThat(coalesced(created, deleted)).containsExactly(deleted);
    }

    @Test
    void snapshotReadBehindANewerChangeDoesNotWin() {
        long lowWatermark = TestEvents.nextLsn();
        ChangeEvent change = events.update(key(1), null, row(1, "new", "null"));
        ChangeEvent read = events.read(key(1), row(1, "old", "null"), lowWatermark);
        assertThat(coalesced(change, read)).containsExactly(change);
    }

    @Test
    void valueThatWasNotSentComesFromTheOlderChange() {
        ChangeEvent created = events.create(key(1), row(1, "a", "\"long\""));
        ChangeEvent updated = events.update(key(1), null, row(1, "b", NOT_SENT), "note");
        assertThat(coalesced(created, updated)).singleElement().satisfies(event -> {
            assertThat(event.after()).hasToString(row(1, "b", "\"long\""));
            assertThat(event.unavailable()).isEmpty();
            assertThat(event.position()).isEqualTo(updated.position());
        });
    }

    @Test
    void snapshotReadBehindANewerChangeGivesItNothingSinceTheValueMayHaveChangedInBetween() {
        long lowWatermark = TestEvents.nextLsn();
        ChangeEvent change = events.update(key(1), null, row(1, "new", NOT_SENT), "note");
        ChangeEvent read = events.read(key(1), row(1, "old", "\"large\""), lowWatermark);
        assertThat(coalesced(change, read)).containsExactly(change);
    }

    @Test
    void aRowThatCameUnderANewKeyStaysOneWhenItIsChangedAgain() {
        ChangeEvent gone = events.delete(key(1));
        ChangeEvent moved = events.create(key(1), row(1, "a", NOT_SENT), "note");
        ChangeEvent updated = events.update(key(1), null, row(1, "b", NOT_SENT), "note");
        assertThat(coalesced(gone, moved, updated)).singleElement().satisfies(event -> {
            assertThat(event.operation())
                    .as("what a sink holds under the key is another row")
                    .isEqualTo(Operation.CREATE);
            assertThat(event.after()).hasToString(row(1, "b", NOT_SENT));
            assertThat(event.lsn()).isEqualTo(updated.lsn());
        });
    }

    @Test
    void valueThatNobodySentStaysUnavailable() {
        ChangeEvent first = events.update(key(1), null, row(1, "a", NOT_SENT), "note");
        ChangeEvent second = events.update(key(1), null, row(1, "b", NOT_SENT), "note");
        assertThat(coalesced(first, second)).singleElement().satisfies(event -> assertThat(event.unavailable())
                .containsExactly("note"));
    }

    @Test
    void valueTravelsOverSeveralChangesThatLackIt() {
        ChangeEvent created = events.create(key(1), row(1, "a", "\"long\""));
        ChangeEvent second = events.update(key(1), null, row(1, "b", NOT_SENT), "note");
        ChangeEvent third = events.update(key(1), null, row(1, "c", NOT_SENT), "note");
        assertThat(coalesced(created, second, third)).singleElement().satisfies(event -> assertThat(event.after())
                .hasToString(row(1, "c", "\"long\"")));
    }

    @Test
    void valueIsNotTakenFromBeforeADelete() {
        ChangeEvent created = events.create(key(1), row(1, "a", "\"long\""));
        ChangeEvent deleted = events.delete(key(1));
        ChangeEvent again = events.update(key(1), null, row(1, "b", NOT_SENT), "note");
        assertThat(coalesced(created, deleted, again))
                .singleElement()
                .satisfies(event -> assertThat(event.unavailable()).containsExactly("note"));
    }

    @Test
    void truncatesOfAllPartitionsAreOneAndStandBehindTheRows() {
        ChangeEvent old = events.create(key(1), row(1, "a", "null"));
        ChangeEvent truncate = events.truncate();
        ChangeEvent later = events.create(key(2), row(2, "b", "null"));
        List<ChangeEvent> all = coalesced(old, truncate, later, truncate);
        assertThat(all).hasSize(3);
        assertThat(all.get(2).operation()).isEqualTo(Operation.TRUNCATE);
        assertThat(all.subList(0, 2)).containsExactlyInAnyOrder(old, later);
    }

    private Received received(ChangeEvent event, ChangeEvent hidden) {
        return new Received(
                new Change(
                        table,
                        event,
                        new io.millrace.sync.sink.ShapeNotes(java.util.Set.of(), java.util.Set.of(), hidden)),
                new ConsumerRecord<>(table.topic(), 0, 0, new byte[0], new byte[0]),
                new HeldKeys());
    }

    @Test
    void valuesBehindAFilterAreTakenByTheRowThatComesBack() {
        ChangeEvent shown = events.create(key(1), row(1, "in", "\"first\""));
        ChangeEvent left = events.update(key(1), null, row(1, "out", "\"second\""));
        ChangeEvent still = events.update(key(1), null, row(1, "out", NOT_SENT), "note");
        ChangeEvent back = events.update(key(1), null, row(1, "in", NOT_SENT), "note");
        List<Received> result = Coalescer.coalesce(List.of(
                received(shown, null),
                received(deleteAs(left), left),
                received(deleteAs(still), still),
                received(back, null)));
        assertThat(result).singleElement().satisfies(one -> {
            assertThat(one.event().after()).hasToString(row(1, "in", "\"second\""));
            assertThat(one.event().unavailable()).isEmpty();
        });
    }

    /** What a sink is given of a row that it is not to hold. */
    private ChangeEvent deleteAs(ChangeEvent row) {
        return new ChangeEvent(
                row.source(),
                row.table(),
                row.position(),
                row.lsn(),
                Operation.DELETE,
                row.key(),
                null,
                io.millrace.event.BeforeCompleteness.NONE,
                null,
                java.util.Set.of(),
                row.transaction(),
                row.capturedAt(),
                row.schemaVersion());
    }
}
