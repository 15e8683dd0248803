package io.millrace.sync.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Offsets.Advance;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.catalog.TableSchema;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import io.millrace.event.golden.GoldenValues;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.Service;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.GoldenRows;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.HeldState.HeldRow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What holds of every sink, whatever it writes to. A new sink extends this class, says how to make and how to read it, and is done
 * when it is green.
 */
@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
public abstract class SinkContractTests {

    /** Takes numbers as they are written: 1e400 is no infinity. */
    protected static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    protected CapturedTable table;
    protected TestEvents events;
    private LocalStack stack;
    private long written;

    @BeforeAll
    void shareStack(LocalStack shared) {
        stack = shared;
    }

    /** Returns the services; there before a subclass's own {@code @BeforeAll} runs. */
    protected LocalStack stack() {
        return stack;
    }

    protected abstract Sink sink();

    /** Returns the row as a reader of the sink sees it now, as a JSON object; empty if it is not there. */
    protected abstract Optional<String> row(CapturedTable table, RowKey key);

    /** Returns an event that the service refuses for what it holds. */
    protected abstract ChangeEvent poison(CapturedTable table, TestEvents events);

    protected abstract Service service();

    /** Returns a table as this sink's binding to it says. */
    protected CapturedTable bound(CapturedTable made) {
        return made;
    }

    protected void stopService() {
        stack().stop(service());
    }

    protected void startService() throws InterruptedException {
        stack().start(service());
    }

    /** Whether a {@link SinkKind#LOG} sink that refuses a batch has written nothing of it; not so where an effect cannot be taken back. */
    protected boolean refusedBatchLeavesNothing() {
        return true;
    }

    @BeforeEach
    protected void ownTable() {
        table = bound(TestTables.items());
        events = new TestEvents(table);
        written = 0;
    }

    protected static String key(int id) {
        return "{\"id\":" + id + "}";
    }

    protected static String item(int id, String name) {
        return "{\"id\":" + id + ",\"name\":\"" + name + "\",\"amount\":\"1.50\",\"note\":\"n\",\"data\":null}";
    }

    protected List<Failure> write(ChangeEvent... batch) throws SinkException {
        List<Failure> failures = sink().write(batch(written, batch));
        written += batch.length;
        return failures;
    }

    protected SinkBatch batch(long offset, ChangeEvent... batch) {
        List<Change> changes =
                Arrays.stream(batch).map(event -> new Change(table, event)).toList();
        if (sink().kind() != SinkKind.LOG) {
            return SinkBatch.of(changes);
        }
        ChangeEvent last = batch[batch.length - 1];
        return new SinkBatch(
                changes,
                List.of(new Advance(
                        new TopicPartitionId(table.topic(), 0),
                        offset,
                        0,
                        offset + batch.length,
                        last.position().toString(),
                        last.transaction().committedAt(),
                        batch.length)));
    }

    protected JsonNode held(int id) {
        return row(table, new RowKey(key(id))).map(JSON::readTree).orElse(null);
    }

    private String name(int id) {
        JsonNode row = held(id);
        return row == null ? null : row.path("name").asString();
    }

    @Test
    void holdsTheRowAsItWasWritten() throws Exception {
        assertThat(write(events.create(key(1), item(1, "first")))).isEmpty();
        assertThat(held(1)).isEqualTo(JSON.readTree(item(1, "first")));
    }

    @Test
    void replayedBatchChangesNothing() throws Exception {
        ChangeEvent[] batch = {
            events.create(key(1), item(1, "old")), events.create(key(2), item(2, "two")), events.delete(key(3))
        };
        write(batch);
        ChangeEvent newer = events.update(key(1), item(1, "old"), item(1, "new"));
        write(newer);

        if (sink().kind() == SinkKind.LOG) {
            assertThatExceptionOfType(FenceLostException.class).isThrownBy(() -> sink().write(batch(0, batch)));
        } else {
            assertThat(sink().write(batch(0, batch))).isEmpty();
        }
        assertThat(name(1)).isEqualTo("new");
        assertThat(name(2)).isEqualTo("two");
        assertThat(name(3)).isNull();
    }

    /** After a rewind or at the retry of a dead letter: what is held is left out, what is not is written. */
    @Test
    void changesThatAreHeldAreNotWrittenTwiceByALog() throws Exception {
        assumeTrue(sink().kind() == SinkKind.LOG);
        ChangeEvent held = events.create(key(1), item(1, "held"));
        write(held);
        ChangeEvent missing = events.update(key(1), null, item(1, "missing until now"));
        for (int round = 0; round < 2; round++) {
            assertThat(sink().write(new SinkBatch(
                            List.of(new Change(table, held), new Change(table, missing)),
                            List.of(new Advance(new TopicPartitionId(table.topic(), 0), 1, 0, 1, null, null, 0)),
                            true)))
                    .isEmpty();
            assertThat(written(held.eventId())).isEqualTo(1);
            assertThat(written(missing.eventId())).isEqualTo(1);
        }
        assertThatExceptionOfType(FenceLostException.class)
                .as("at another offset")
                .isThrownBy(() -> sink().write(new SinkBatch(
                        List.of(new Change(table, held)),
                        List.of(new Advance(new TopicPartitionId(table.topic(), 0), 5, 0, 5, null, null, 0)),
                        true)));
    }

    /** Returns how often a log holds an event. */
    protected int written(String eventId) {
        throw new UnsupportedOperationException("A log says here how often it holds " + eventId);
    }

    @Test
    void staleVersionDoesNotOverwriteNewerRow() throws Exception {
        ChangeEvent older = events.update(key(1), item(1, "a"), item(1, "older"));
        ChangeEvent newer = events.update(key(1), item(1, "older"), item(1, "newer"));
        write(newer);
        assertThat(write(older)).isEmpty();
        assertThat(name(1)).isEqualTo("newer");
    }

    @Test
    void staleChangeDoesNotBringADeletedRowBack() throws Exception {
        ChangeEvent created = events.create(key(1), item(1, "once"));
        write(events.delete(key(1)));
        assertThat(write(created)).isEmpty();
        assertThat(name(1)).isNull();
    }

    @Test
    void deletedRowCanBeCreatedAgain() throws Exception {
        write(events.create(key(1), item(1, "first")));
        write(events.delete(key(1)));
        assertThat(name(1)).isNull();
        write(events.create(key(1), item(1, "second")));
        assertThat(name(1)).isEqualTo("second");
    }

    @Test
    void deleteOfARowThatIsNotThereIsApplied() throws Exception {
        assertThat(write(events.delete(key(1)))).isEmpty();
    }

    @Test
    void snapshotReadNeverOverwritesANewerChange() throws Exception {
        long lowWatermark = TestEvents.nextLsn();
        write(events.update(key(1), item(1, "x"), item(1, "changed")));
        assertThat(write(events.read(key(1), item(1, "as it was"), lowWatermark)))
                .isEmpty();
        assertThat(name(1)).isEqualTo("changed");
    }

    @Test
    void poisonRowLeavesTheOthersOfItsBatch() throws Exception {
        ChangeEvent good = events.create(key(1), item(1, "good"));
        ChangeEvent poison = poison(table, events);
        ChangeEvent alsoGood = events.create(key(2), item(2, "also good"));
        if (sink().kind() == SinkKind.LOG) {
            assertThatExceptionOfType(SinkException.class)
                    .isThrownBy(() -> write(good, poison, alsoGood))
                    .extracting(SinkException::category)
                    .isEqualTo(ErrorCategory.REJECTED);
            if (refusedBatchLeavesNothing()) {
                assertThat(name(1)).as("nothing of a refused batch").isNull();
            }
            write(good, alsoGood);
        } else {
            List<Failure> failures = write(good, poison, alsoGood);
            assertThat(failures).singleElement().satisfies(failure -> {
                assertThat(failure.index()).isEqualTo(1);
                assertThat(failure.category()).isEqualTo(ErrorCategory.REJECTED);
                assertThat(failure.cause()).isNotBlank();
            });
        }
        assertThat(name(1)).isEqualTo("good");
        assertThat(name(2)).isEqualTo("also good");
    }

    @Test
    protected void outageIsRetryableAndPasses() throws Exception {
        ChangeEvent first = events.create(key(1), item(1, "before"));
        ChangeEvent second = events.create(key(2), item(2, "after"));
        write(first);
        stopService();
        try {
            assertThatExceptionOfType(SinkException.class)
                    .isThrownBy(() -> write(second))
                    .satisfies(e -> {
                        assertThat(e.category()).isEqualTo(ErrorCategory.RETRYABLE);
                        assertThat(e.getMessage()).isNotBlank();
                    });
            assertThatExceptionOfType(SinkException.class).isThrownBy(() -> sink().check());
        } finally {
            startService();
        }
        await().atMost(Duration.ofSeconds(60)).ignoreExceptions().untilAsserted(() -> {
            write(second);
            assertThat(name(2)).isEqualTo("after");
        });
        sink().check();
    }

    @Test
    void unavailableColumnKeepsItsOldValue() throws Exception {
        write(events.create(
                key(1), "{\"id\":1,\"name\":\"a\",\"amount\":\"1\",\"note\":\"long\",\"data\":\"{\\\"k\\\":1}\"}"));
        write(events.update(
                key(1),
                null,
                "{\"id\":1,\"name\":\"b\",\"amount\":\"2\",\"note\":\"__debezium_unavailable_value\","
                        + "\"data\":\"__debezium_unavailable_value\"}",
                "note",
                "data"));
        JsonNode row = held(1);
        assertThat(row.path("name").asString()).isEqualTo("b");
        if (sink().kind() == SinkKind.STATE) {
            assertThat(row.path("note").asString()).isEqualTo("long");
            assertThat(row.path("data").toString().replace("\\\"", "\"")).contains("{\"k\":1}");
        } else {
            assertThat(row.has("note")).as("never invented in a log").isFalse();
        }
    }

    /** They are read back in portions; among them are whole rows, and one that is held nowhere. */
    @Test
    void manyChangesThatLackValuesAreCompletedEachFromItsOwnRow() throws Exception {
        if (sink().kind() != SinkKind.STATE) {
            return;
        }
        write(IntStream.range(0, 40)
                .mapToObj(i -> events.create(key(i), item(i, "a" + i)))
                .toArray(ChangeEvent[]::new));
        List<Failure> failures = write(IntStream.rangeClosed(0, 40)
                .mapToObj(i -> i % 10 == 3
                        ? events.update(key(i), null, item(i, "b" + i))
                        : events.update(
                                key(i),
                                null,
                                "{\"id\":" + i + ",\"name\":\"__debezium_unavailable_value\",\"amount\":\"" + i
                                        + "\",\"note\":null,\"data\":null}",
                                "name"))
                .toArray(ChangeEvent[]::new));
        assertThat(failures).singleElement().satisfies(failure -> {
            assertThat(failure.index()).isEqualTo(40);
            assertThat(failure.category()).isEqualTo(ErrorCategory.INCOMPLETE);
        });
        for (int i = 0; i < 40; i++) {
            assertThat(name(i)).isEqualTo((i % 10 == 3 ? "b" : "a") + i);
            assertThat(held(i).path("amount").asString()).isEqualTo(i % 10 == 3 ? "1.50" : Integer.toString(i));
        }
    }

    @Test
    void aChangeThatLacksAValueNobodyHoldsWritesNothingAndAsksForTheRow() throws Exception {
        List<Failure> failures = write(
                events.create(key(2), item(2, "whole")),
                events.update(
                        key(1),
                        null,
                        "{\"id\":1,\"name\":\"b\",\"amount\":\"2\",\"note\":\"__debezium_unavailable_value\",\"data\":null}",
                        "note"));
        if (sink().kind() != SinkKind.STATE) {
            assertThat(failures)
                    .as("whoever tells of changes tells what was not sent")
                    .isEmpty();
            return;
        }
        assertThat(failures).singleElement().satisfies(failure -> {
            assertThat(failure.index()).isEqualTo(1);
            assertThat(failure.category()).isEqualTo(ErrorCategory.INCOMPLETE);
        });
        assertThat(held(1)).as("no half row").isNull();
        assertThat(name(2)).isEqualTo("whole");
        write(events.read(key(1), item(1, "read again"), TestEvents.nextLsn()));
        assertThat(name(1)).isEqualTo("read again");
    }

    @Test
    void aRowUnderANewKeyTakesNothingFromTheRowThatHadTheKeyBefore() throws Exception {
        write(events.create(key(1), item(1, "another row")));
        String lacking =
                "{\"id\":1,\"name\":\"b\",\"amount\":\"2\",\"note\":\"__debezium_unavailable_value\",\"data\":null}";
        assertThat(write(events.create(key(1), lacking, "note"))).isEmpty();
        if (sink().kind() == SinkKind.STATE) {
            assertThat(held(1)).as("until it is read again").isNull();
        } else {
            assertThat(held(1).has("note")).as("never invented in a log").isFalse();
        }
        write(events.read(key(1), item(1, "read again"), TestEvents.nextLsn()));
        assertThat(held(1)).isEqualTo(JSON.readTree(item(1, "read again")));
    }

    @Test
    void rowsThatASnapshotDidNotFindAreNamedAndTheirDeleteIsTaken() throws Exception {
        assumeTrue(sink() instanceof HeldState, "it holds no rows that could be named");
        write(
                events.create(key(1), item(1, "vanished")),
                events.create(key(2), item(2, "read")),
                events.create(key(3), item(3, "deleted")));
        write(events.delete(key(3)));
        long start = TestEvents.nextLsn();
        write(events.read(key(2), item(2, "read"), TestEvents.nextLsn()), events.create(key(4), item(4, "new")));

        HeldState held = (HeldState) sink();
        List<HeldRow> older = new ArrayList<>();
        held.olderThan(table, ChangeEvent.rowVersion(1, start), false, older::addAll);
        assertThat(older).extracting(row -> row.key().json()).containsExactly(key(1));
        List<HeldRow> whole = new ArrayList<>();
        held.olderThan(table, ChangeEvent.rowVersion(1, start), true, whole::addAll);
        assertThat(whole).singleElement().satisfies(row -> assertThat(
                        JSON.readTree(row.row()).path("name").asString())
                .isEqualTo("vanished"));

        write(events.missing(key(1), TestEvents.nextLsn()));
        assertThat(held(1)).isNull();
        older.clear();
        held.olderThan(table, ChangeEvent.rowVersion(1, start), false, older::addAll);
        assertThat(older).isEmpty();
    }

    /** There may be small ones before them, from which nobody can tell. */
    @Test
    void largeRowsThatASnapshotDidNotFindAreHandedOnSomeAtATime() throws Exception {
        assumeTrue(sink() instanceof HeldState, "it holds no rows that could be named");
        String large = "x".repeat(3_000_000);
        for (int id = 0; id < 40; id++) {
            assertThat(write(events.create(key(id), item(id, id < 20 ? "small" : large))))
                    .isEmpty();
        }
        List<Integer> pages = new ArrayList<>();
        List<Integer> found = new ArrayList<>();
        long now = ChangeEvent.rowVersion(1, TestEvents.nextLsn());
        ((HeldState) sink()).olderThan(table, now, true, rows -> {
            pages.add(rows.stream().mapToInt(row -> row.row().length()).sum());
            rows.forEach(row ->
                    found.add(JSON.readTree(row.row()).path("name").asString().length()));
        });
        assertThat(found)
                .hasSize(40)
                .filteredOn(length -> length == large.length())
                .hasSize(20);
        assertThat(pages).allMatch(length -> length < 25_000_000);
    }

    @Test
    void rowsUnderAFormerKeyAreNamedWhenTheyAreLookedForUnderIt() throws Exception {
        assumeTrue(sink() instanceof HeldState, "it holds no rows that could be named");
        write(events.create(key(1), item(1, "under the former key")));
        CapturedTable present =
                table.as(new TableSchema(2, table.columns(), List.of("id", "name"), null, Instant.EPOCH));
        HeldState held = (HeldState) sink();
        long now = ChangeEvent.rowVersion(1, TestEvents.nextLsn());
        List<HeldRow> older = new ArrayList<>();
        held.olderThan(present, now, false, older::addAll);
        assertThat(older).isEmpty();
        held.olderThan(table, now, false, older::addAll);
        assertThat(older).extracting(row -> row.key().json()).containsExactly(key(1));

        // and none that is under the present key, though that holds the former one's column
        String wide = "{\"id\":7,\"name\":\"" + "w".repeat(600) + "\"}";
        ChangeEvent created = new TestEvents(present).create(wide, item(7, "w".repeat(600)));
        assertThat(sink().write(SinkBatch.of(List.of(new Change(present, created)))))
                .isEmpty();
        long later = ChangeEvent.rowVersion(1, TestEvents.nextLsn());
        older.clear();
        held.olderThan(table, later, false, older::addAll);
        assertThat(older).extracting(row -> row.key().json()).containsExactly(key(1));
        older.clear();
        held.olderThan(present, later, false, older::addAll);
        assertThat(older).extracting(row -> row.key().json()).containsExactly(wide);
    }

    @Test
    void foundMissingIsNoDeleteOfARowThatCameSince() throws Exception {
        write(events.create(key(1), item(1, "old")));
        long lowWatermark = TestEvents.nextLsn();
        ChangeEvent missing = events.missing(key(1), lowWatermark);
        ChangeEvent back = events.create(key(1), item(1, "back"));
        if (sink().kind() == SinkKind.STATE) {
            write(back, missing);
            assertThat(name(1)).isEqualTo("back");
        }
    }

    @Test
    void changedKeyMovesTheRow() throws Exception {
        write(events.create(key(1), item(1, "moves")));
        write(events.delete(key(1)), events.create(key(7), item(7, "moves")));
        assertThat(name(1)).isNull();
        assertThat(name(7)).isEqualTo("moves");
    }

    @Test
    void compositeKeysAreToldApart() throws Exception {
        table = bound(TestTables.of(
                TestTables.uniqueName("pairs"),
                List.of("a", "b"),
                List.of(TestTables.column("a", "text"), TestTables.column("b", "text"))));
        events = new TestEvents(table);
        String one = "{\"a\":\"x,y\",\"b\":\"z\"}";
        String other = "{\"a\":\"x\",\"b\":\"y,z\"}";
        write(events.create(one, one), events.create(other, other));
        write(events.delete(other));
        assertThat(row(table, new RowKey(one)))
                .hasValueSatisfying(json -> assertThat(JSON.readTree(json)).isEqualTo(JSON.readTree(one)));
        assertThat(row(table, new RowKey(other))).isEmpty();
    }

    @Test
    void truncateRemovesOlderRowsOnly() throws Exception {
        ChangeEvent old = events.create(key(1), item(1, "old"));
        write(old, events.create(key(2), item(2, "old")));
        ChangeEvent truncate = events.truncate();
        write(events.create(key(3), item(3, "newer")));
        assertThat(write(truncate)).isEmpty();
        assertThat(name(1)).isNull();
        assertThat(name(2)).isNull();
        assertThat(name(3)).isEqualTo("newer");
        if (sink().kind() == SinkKind.STATE) {
            write(old);
            assertThat(name(1)).as("a replay of what was truncated").isNull();
        }
    }

    @Test
    void longTextAndLongKeyAreTaken() throws Exception {
        table = bound(TestTables.of(
                TestTables.uniqueName("long"),
                List.of("id"),
                List.of(
                        TestTables.column("id", "text"),
                        TestTables.column("note", "text"),
                        TestTables.column("u", "uuid"))));
        events = new TestEvents(table);
        String id = "k".repeat(900);
        String row =
                "{\"id\":\"" + id + "\",\"note\":\"" + "ä".repeat(100_000) + "\",\"u\":\"" + "é".repeat(20_000) + "\"}";
        assertThat(write(events.create("{\"id\":\"" + id + "\"}", row))).isEmpty();
        assertThat(row(table, new RowKey("{\"id\":\"" + id + "\"}")))
                .hasValueSatisfying(json -> assertThat(JSON.readTree(json)).isEqualTo(JSON.readTree(row)));
    }

    static List<GoldenValues> goldenFiles() {
        return GoldenValues.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("goldenFiles")
    protected void everyCanonicalValueOfATypeIsHeld(GoldenValues file) throws Exception {
        assertHeld(GoldenRows.of(file));
    }

    protected void assertHeld(GoldenRows golden) throws Exception {
        table = bound(golden.table());
        events = new TestEvents(table);
        assertThat(write(events.create(GoldenRows.KEY, golden.row()))).isEmpty();
        golden.assertHeld(
                row(table, new RowKey(GoldenRows.KEY)).map(JSON::readTree).orElseThrow());
    }
}
