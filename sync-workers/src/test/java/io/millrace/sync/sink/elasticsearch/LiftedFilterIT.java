package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.BeforeCompleteness;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.localstack.LocalStack;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.RebuildableSink.Copy;
import io.millrace.sync.sink.ShapeNotes;
import io.millrace.sync.sink.SinkBatch;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows that a filter made deletes of come again once it is another one; those that were deleted do not. */
class LiftedFilterIT extends ElasticsearchScenario {

    private final ChangeEvent before = events.create(key(1), item(1, "before"));
    private final ChangeEvent updated = events.update(key(1), null, item(1, "updated"));
    private final ChangeEvent read = events.read(key(2), item(2, "read"), TestEvents.nextLsn());
    private final ChangeEvent deleted = events.create(key(3), item(3, "deleted"));
    private final ChangeEvent truncated = events.create(key(4), item(4, "truncated"));

    LiftedFilterIT(LocalStack stack) {
        super(stack);
    }

    /** Has the sink take every change for an old one. */
    @BeforeEach
    void forget() throws Exception {
        sink.close();
        sink = lab.sink(Duration.ZERO);
    }

    @Test
    void rowsThatATooStrictFilterLeftOutOfARebuildAreInTheNext() throws Exception {
        assertThat(write(updated, read, deleted)).isEmpty();
        assertThat(write(events.delete(key(3)))).isEmpty();
        Copy strict = copy();
        assertThat(sink.feed(strict, List.of(removed(updated), removed(read)))).isEmpty();
        sink.discard(strict);
        assertThat(held(1)).as("the live one keeps its rows").isNotNull();

        Copy corrected = copy();
        assertThat(sink.feed(corrected, changes(before, deleted))).isEmpty();
        assertThat(inNew(1)).as("older than what the filter made a delete of").isFalse();
        assertThat(sink.feed(corrected, changes(updated, read))).isEmpty();
        sink.exchange(corrected);
        assertThat(held(1)).isEqualTo(JSON.readTree(item(1, "updated")));
        assertThat(held(2)).isEqualTo(JSON.readTree(item(2, "read")));
        assertThat(held(3)).as("deleted").isNull();
        sink.discard(corrected);
    }

    @Test
    void rowsThatADeclaredFilterTookFromReadersComeAgainWithARebuildAndTruncatedOnesDoNot() throws Exception {
        assertThat(write(truncated)).isEmpty();
        ChangeEvent truncate = events.truncate();
        ChangeEvent later = events.create(key(5), item(5, "later"));
        assertThat(write(truncate)).isEmpty();
        assertThat(sink.write(SinkBatch.of(List.of(removed(later))))).isEmpty();
        Copy lifted = copy();
        assertThat(sink.feed(lifted, changes(truncated, later))).isEmpty();
        sink.exchange(lifted);
        assertThat(held(5)).isEqualTo(JSON.readTree(item(5, "later")));
        assertThat(held(4)).as("truncated").isNull();
        sink.discard(lifted);
    }

    private Copy copy() throws Exception {
        Copy copy = new Copy(1, table, sink.plan(table, "{}"));
        sink.prepare(copy);
        return copy;
    }

    private boolean inNew(int id) {
        return lab.get("/" + alias() + "-000002/_doc/" + id).path("found").asBoolean();
    }

    private List<Change> changes(ChangeEvent... all) {
        return Arrays.stream(all).map(event -> new Change(table, event)).toList();
    }

    /** What shaping makes of a change whose row does not pass the filter. */
    private Change removed(ChangeEvent event) {
        return new Change(
                table,
                event.with(Operation.DELETE, null, BeforeCompleteness.NONE, null, Set.of()),
                new ShapeNotes(Set.of(), Set.of(), event));
    }
}
