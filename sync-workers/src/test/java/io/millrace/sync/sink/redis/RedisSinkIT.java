package io.millrace.sync.sink.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.options.RedisRefill;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.RebuildableSink;
import io.millrace.sync.sink.RebuildableSink.Copy;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Entries as JSON. */
class RedisSinkIT extends RedisContractTests {

    @Test
    void entriesLiveAsLongAsTheBindingSaysCountedFromTheirChange() throws Exception {
        table = TestTables.bound(table, "redis", "{\"timeToLive\":\"1h\"}");
        events = new TestEvents(table);
        write(events.create(key(1), item(1, "a")));
        assertThat(this.<Long>ask(all -> all.ttl(bytes(entry(table, "1"))))).isBetween(3_500L, 3_600L);
        assertThat(this.<Long>ask(all -> all.ttl(Space.LIVE.mark(bytes(entry(table, "1"))))))
                .isBetween(89_000L, 90_000L);
        table = TestTables.bound(table, "redis", "{}");
        write(events.update(key(1), null, item(1, "b")));
        assertThat(this.<Long>ask(all -> all.ttl(bytes(entry(table, "1"))))).isEqualTo(-1);
    }

    @Test
    void keysFollowTheBindingsTemplate() throws Exception {
        table = TestTables.bound(
                TestTables.of(
                        TestTables.uniqueName("pairs"),
                        List.of("a", "b"),
                        List.of(TestTables.column("a", "text"), TestTables.column("b", "text"))),
                "redis",
                "{\"key\":\"{table}/{b}/of/{a}\"}");
        events = new TestEvents(table);
        String row = "{\"a\":\"x/y\",\"b\":\"z{}\"}";
        write(events.create(row, row));
        String key = table.table().table() + "/z%7B%7D/of/x%2Fy";
        assertThat(text(ask(all -> all.get(bytes(key))))).isEqualTo(row);
        write(events.truncate());
        assertThat(this.<Long>ask(all -> all.exists(bytes(key)))).isZero();
        assertThat(row(table, new RowKey(row))).isEmpty();
    }

    @Test
    void truncateLeavesTheEntriesOfATableWhoseKeysBeginLikeItsOwn() throws Exception {
        write(events.create(key(1), item(1, "stays")));
        CapturedTable wide = TestTables.bound(
                TestTables.of(TestTables.uniqueName("wide"), List.of("id"), List.of(TestTables.column("id", "int4"))),
                "redis",
                "{\"key\":\"shop:{id}\"}");
        TestEvents theirs = new TestEvents(wide);
        sink().write(SinkBatch.of(List.of(new Change(wide, theirs.create("{\"id\":7}", "{\"id\":7}")))));
        assertThat(this.<Long>ask(all -> all.exists(bytes("shop:7")))).isEqualTo(1);
        sink().write(SinkBatch.of(List.of(new Change(wide, theirs.truncate()))));
        assertThat(this.<Long>ask(all -> all.exists(bytes("shop:7")))).isZero();
        assertThat(held(1).path("name").asString()).isEqualTo("stays");
    }

    @Test
    void rowsFoundMissingUnderAFormerKeyTakeNoEntryOfThePresentOne() throws Exception {
        table = TestTables.bound(
                TestTables.of(
                        TestTables.uniqueName("widened"),
                        List.of("a", "b"),
                        List.of(TestTables.column("a", "int4"), TestTables.column("b", "int4"))),
                "redis",
                "{\"key\":\"{table}:{a}/{b}\"}");
        events = new TestEvents(table);
        write(events.create("{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}"));
        byte[] entry = bytes(table.table().table() + ":1/2");
        // the template names columns by their place: of three, the first two would be these
        write(events.missing("{\"a\":1,\"b\":2,\"c\":3}", TestEvents.nextLsn()));
        assertThat(text(ask(all -> all.get(entry)))).isEqualTo("{\"a\":1,\"b\":2}");
        write(events.missing("{\"a\":1,\"b\":2}", TestEvents.nextLsn()));
        assertThat(this.<Long>ask(all -> all.exists(entry))).isZero();
    }

    /** The server ends a connection that it would owe more than this: what is read at a time is told by that. */
    @Test
    void smallEntriesSayNothingOfTheLargeOnesThatAreReadToCompleteChangesBehindThem() throws Exception {
        int small = 200;
        int all = small + 20;
        String large = "x".repeat(3_000_000);
        for (int id = 0; id < all; id++) {
            write(events.create(key(id), item(id, id < small ? "small" : large)));
        }
        String limits = "client-output-buffer-limit";
        assertThat(this.<String>ask(redis -> redis.configSet(limits, "normal " + (32 << 20) + " 0 0")))
                .isEqualTo("OK");
        try {
            assertThat(write(IntStream.range(0, all)
                            .mapToObj(id -> events.update(
                                    key(id), null, item(id, "__debezium_unavailable_value", "later"), "name"))
                            .toArray(ChangeEvent[]::new)))
                    .isEmpty();
        } finally {
            ask(redis -> redis.configSet(limits, "normal 0 0 0"));
        }
        for (int id : List.of(0, small - 1, small, all - 1)) {
            assertThat(held(id).path("note").asString()).isEqualTo("later");
            assertThat(held(id).path("name").asString()).isEqualTo(id < small ? "small" : large);
        }
    }

    private static String item(int id, String name, String note) {
        return item(id, name).replace("\"note\":\"n\"", "\"note\":\"" + note + "\"");
    }

    @Test
    void changedFormatReplacesTheEntryAtItsNextChange() throws Exception {
        write(events.create(key(1), item(1, "a")));
        table = TestTables.bound(table, "redis", "{\"format\":\"hash\"}");
        write(events.update(key(1), null, item(1, "b")));
        assertThat(text(ask(all -> all.hget(bytes(entry(table, "1")), bytes("name")))))
                .isEqualTo("b");
        table = TestTables.bound(table, "redis", "{}");
        write(events.update(key(1), null, item(1, "c")));
        assertThat(held(1).path("name").asString()).isEqualTo("c");
    }

    @Test
    void entriesThatAreBroughtBackTakeTheirNewFormatInTheVersionThatTheyHave() throws Exception {
        ChangeEvent changed = events.create(key(1), item(1, "a"));
        ChangeEvent newer = events.create(key(2), item(2, "old"));
        write(changed, newer);
        write(events.update(key(2), null, item(2, "new")));
        byte[] version = ask(all -> all.get(Space.LIVE.mark(bytes(entry(table, "1")))));
        table = TestTables.bound(table, "redis", "{\"format\":\"hash\"}");
        bringBack(changed, newer);
        assertThat(text(ask(all -> all.hget(bytes(entry(table, "1")), bytes("name")))))
                .isEqualTo("a");
        assertThat(this.<byte[]>ask(all -> all.get(Space.LIVE.mark(bytes(entry(table, "1"))))))
                .isEqualTo(version);
        assertThat(held(2).path("name").asString()).as("a newer version stays").isEqualTo("new");
        assertThat(this.<List<byte[]>>ask(
                        all -> all.keys("millrace:[rs]:*" + table.table().table() + ":*")))
                .isEmpty();
    }

    @Test
    void templateThatNamesARenamedColumnStopsItsOwnTableAlone() throws Exception {
        CapturedTable renamed = TestTables.bound(
                TestTables.of(
                        TestTables.uniqueName("renamed"), List.of("nid"), List.of(TestTables.column("nid", "int4"))),
                "redis",
                "{\"key\":\"{table}:{id}\"}");
        ChangeEvent theirs = new TestEvents(renamed).create("{\"nid\":1}", "{\"nid\":1}");
        List<Failure> failures = sink().write(SinkBatch.of(
                List.of(new Change(renamed, theirs), new Change(table, events.create(key(1), item(1, "goes on"))))));
        assertThat(failures)
                .containsExactly(
                        new Failure(
                                0,
                                ErrorCategory.FATAL,
                                "{id} in the key template {table}:{id} is no key column of " + renamed.table()
                                        + " any more: change the template in the table's Redis options, then activate the binding"));
        assertThat(held(1).path("name").asString()).isEqualTo("goes on");
        ChangeEvent former = new TestEvents(renamed).missing("{\"a\":1,\"b\":2}", TestEvents.nextLsn());
        assertThat(sink().write(SinkBatch.of(List.of(new Change(renamed, former)))))
                .as("a row under a key of other columns, which another sink held")
                .isEmpty();

        RebuildableSink rebuildable = (RebuildableSink) sink();
        assertThatExceptionOfType(SinkException.class)
                .as("a refill that brings nothing back is not done")
                .isThrownBy(() -> rebuildable.feed(new Copy(1, renamed, "{}"), List.of(new Change(renamed, theirs))))
                .returns(ErrorCategory.FATAL, SinkException::category);
    }

    @Test
    void entriesUnderFormerKeysGoOnceTheNewOnesAreSeenAndNotWithARefillThatIsGivenUp() throws Exception {
        String former = "former" + table.id() + ":";
        String now = "now" + table.id() + ":";
        table = TestTables.bound(table, "redis", "{\"key\":\"" + former + "{id}\"}");
        ChangeEvent one = events.create(key(1), item(1, "a"));
        ChangeEvent two = events.create(key(2), item(2, "b"));
        write(one, two);
        table = TestTables.bound(table, "redis", "{\"key\":\"" + now + "{id}\"}");
        RebuildableSink rebuildable = (RebuildableSink) sink();
        Copy copy = new Copy(1, table, new RedisRefill(List.of(former)).toJson());
        rebuildable.prepare(copy);
        rebuildable.feed(copy, List.of(new Change(table, one), new Change(table, two)));
        rebuildable.discard(copy);
        assertThat(keys(former)).containsExactly(former + "1", former + "2");
        assertThat(keys(now)).isEmpty();

        rebuildable.prepare(copy);
        rebuildable.feed(copy, List.of(new Change(table, one), new Change(table, two)));
        rebuildable.exchange(copy);
        rebuildable.discard(copy);
        assertThat(keys(former)).isEmpty();
        assertThat(keys(now)).containsExactly(now + "1", now + "2");
        assertThat(keys("millrace:v:{" + former)).isEmpty();
    }

    @Test
    void keysThatThePresentTemplateMakesAreNeverTakenForFormerOnes() throws Exception {
        String begins = "same" + table.id() + ":";
        table = TestTables.bound(table, "redis", "{\"key\":\"" + begins + "{id}\"}");
        ChangeEvent one = events.create(key(1), item(1, "a"));
        write(one);
        table = TestTables.bound(table, "redis", "{\"key\":\"" + begins + "row:{id}\"}");
        RebuildableSink rebuildable = (RebuildableSink) sink();
        Copy copy = new Copy(1, table, new RedisRefill(List.of(begins)).toJson());
        rebuildable.prepare(copy);
        rebuildable.feed(copy, List.of(new Change(table, one)));
        rebuildable.exchange(copy);
        assertThat(keys(begins)).containsExactly(begins + "row:1");
    }

    private List<String> keys(String beginning) {
        return this.<List<byte[]>>ask(all -> all.keys(beginning + "*")).stream()
                .map(RedisContractTests::text)
                .sorted()
                .toList();
    }

    private void bringBack(ChangeEvent... changes) throws Exception {
        RebuildableSink rebuildable = (RebuildableSink) sink();
        Copy copy = new Copy(1, table, "{}");
        rebuildable.prepare(copy);
        rebuildable.feed(
                copy,
                Arrays.stream(changes).map(event -> new Change(table, event)).toList());
        rebuildable.exchange(copy);
        rebuildable.discard(copy);
    }
}
