package io.millrace.sync.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.BeforeCompleteness;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
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

    private static List<Change> coalesced(Change... batch) {
        return new Coalescer<Change>(Function.identity(), (newer, whole, older) -> whole).coalesce(List.of(batch));
    }

    private List<ChangeEvent> coalesced(ChangeEvent... batch) {
        return coalesced(Stream.of(batch).map(this::change).toArray(Change[]::new)).stream()
                .map(Change::event)
                .toList();
    }

    private Change change(ChangeEvent event) {
        return new Change(table, event);
    }

    /** What a sink is given of a row that its filter keeps away. */
    private Change hidden(ChangeEvent row) {
        ChangeEvent delete = row.with(Operation.DELETE, null, BeforeCompleteness.NONE, null, Set.of());
        return new Change(table, delete, new ShapeNotes(Set.of(), Set.of(), row));
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
    void rowsWithoutAKeyAreEachOneOfTheirOwn() {
        ChangeEvent one = events.create(null, row(1, "a", "null"));
        ChangeEvent same = events.create(null, row(1, "a", "null"));
        assertThat(coalesced(one, same)).containsExactly(one, same);
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
        ChangeEvent newest = events.truncate();
        assertThat(coalesced(old, newest, truncate, later, truncate)).containsExactly(old, later, newest);
    }

    @Test
    void rowThatComesBackFromBehindTheFilterHasTheValuesItGotThere() {
        Change shown = change(events.create(key(1), row(1, "in", "\"first\"")));
        Change left = hidden(events.update(key(1), null, row(1, "out", "\"second\"")));
        Change still = hidden(events.update(key(1), null, row(1, "out", NOT_SENT), "note"));
        Change back = change(events.update(key(1), null, row(1, "in", NOT_SENT), "note"));
        assertThat(coalesced(shown, left, still)).singleElement().satisfies(one -> {
            assertThat(one.event()).isEqualTo(still.event());
            assertThat(one.notes().hidden()).isNotNull().satisfies(row -> assertThat(row.after())
                    .hasToString(row(1, "out", "\"second\"")));
        });
        assertThat(coalesced(shown, left, still, back)).singleElement().satisfies(one -> {
            assertThat(one.event().after()).hasToString(row(1, "in", "\"second\""));
            assertThat(one.event().unavailable()).isEmpty();
        });
    }

    @Test
    void rowThatWasMadeAnewBehindTheFilterIsToBeAskedFor() {
        Change gone = change(events.delete(key(1)));
        Change still = hidden(events.update(key(1), null, row(1, "out", NOT_SENT), "note"));
        Change back = change(events.update(key(1), null, row(1, "in", NOT_SENT), "note"));
        assertThat(coalesced(gone, back)).singleElement().matches(Change::isUnasked);
        assertThat(coalesced(gone, still, back)).singleElement().matches(Change::isUnasked);
        assertThat(coalesced(gone, still))
                .as("the sink is not to hold it")
                .singleElement()
                .matches(change -> !change.isUnasked());
        Change moved = change(events.create(key(1), row(1, "moved", NOT_SENT), "note"));
        assertThat(coalesced(gone, moved))
                .as("capture asks for it")
                .singleElement()
                .matches(change -> change.isAwaited() && !change.isUnasked());
    }
}
