package io.millrace.sync.rebuild;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.BeforeCompleteness;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ShapeNotes;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LatestTests {

    private static final String NOT_SENT = "\"__debezium_unavailable_value\"";

    private final CapturedTable table = TestTables.items();
    private final TestEvents events = new TestEvents(table);

    private static String key(int id) {
        return "{\"id\":" + id + "}";
    }

    private static String row(int id, String name, String noteJson) {
        return "{\"id\":" + id + ",\"name\":\"" + name + "\",\"note\":" + noteJson + "}";
    }

    private Change change(ChangeEvent event) {
        return new Change(table, event);
    }

    /** What a sink is given of a row that its filter keeps away. */
    private Change hidden(ChangeEvent row) {
        ChangeEvent delete = new ChangeEvent(
                row.source(),
                row.table(),
                row.position(),
                row.lsn(),
                Operation.DELETE,
                row.key(),
                null,
                BeforeCompleteness.NONE,
                null,
                Set.of(),
                row.transaction(),
                row.capturedAt(),
                row.schemaVersion());
        return new Change(table, delete, new ShapeNotes(Set.of(), Set.of(), row));
    }

    @Test
    void newestOfEachRowIsLeftAndTheNewestTruncateBehindThem() {
        Change first = change(events.create(key(1), row(1, "a", "null")));
        Change truncate = change(events.truncate());
        Change last = change(events.update(key(1), null, row(1, "b", "null")));
        Change again = change(events.truncate());
        assertThat(Latest.of(List.of(first, again, truncate, last))).containsExactly(last, again);
    }

    @Test
    void snapshotReadBehindANewerChangeGivesItNothingSinceTheValueMayHaveChangedInBetween() {
        long lowWatermark = TestEvents.nextLsn();
        Change update = change(events.update(key(1), null, row(1, "new", NOT_SENT), "note"));
        Change read = change(events.read(key(1), row(1, "old", "\"large\""), lowWatermark));
        assertThat(Latest.of(List.of(update, read))).containsExactly(update);
    }

    @Test
    void rowThatWasMadeAnewBehindTheFilterIsToBeAskedFor() {
        Change gone = change(events.delete(key(1)));
        Change still = hidden(events.update(key(1), null, row(1, "out", NOT_SENT), "note"));
        Change back = change(events.update(key(1), null, row(1, "in", NOT_SENT), "note"));
        assertThat(Latest.of(List.of(gone, back))).singleElement().matches(Change::isUnasked);
        assertThat(Latest.of(List.of(gone, still, back))).singleElement().matches(Change::isUnasked);
        assertThat(Latest.of(List.of(gone, still)))
                .as("the sink is not to hold it")
                .singleElement()
                .matches(change -> !change.isUnasked());
        Change moved = change(events.create(key(1), row(1, "moved", NOT_SENT), "note"));
        assertThat(Latest.of(List.of(gone, moved)))
                .as("capture asks for it")
                .singleElement()
                .matches(change -> change.isAwaited() && !change.isUnasked());
    }

    @Test
    void rowThatComesBackFromBehindTheFilterHasTheValuesItGotThere() {
        Change shown = change(events.create(key(1), row(1, "in", "\"first\"")));
        Change left = hidden(events.update(key(1), null, row(1, "out", "\"second\"")));
        Change still = hidden(events.update(key(1), null, row(1, "out", NOT_SENT), "note"));
        Change back = change(events.update(key(1), null, row(1, "in", NOT_SENT), "note"));
        assertThat(Latest.of(List.of(shown, left, still))).singleElement().satisfies(one -> {
            assertThat(one.event()).isEqualTo(still.event());
            assertThat(one.notes().hidden()).isNotNull().satisfies(row -> assertThat(row.after())
                    .hasToString(row(1, "out", "\"second\"")));
        });
        assertThat(Latest.of(List.of(shown, left, still, back))).singleElement().satisfies(one -> {
            assertThat(one.event().after()).hasToString(row(1, "in", "\"second\""));
            assertThat(one.event().unavailable()).isEmpty();
        });
    }
}
