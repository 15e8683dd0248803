package io.millrace.sync.sink.redis;

import static io.millrace.sync.sink.redis.RedisContractTests.bytes;
import static io.millrace.sync.sink.redis.RedisContractTests.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisURI;
import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.SinkBatch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Many entries at once and few at once, by one writer and by several: what is left is the newest state of each row. */
@ExtendWith(LocalStackExtension.class)
class RedisWritersIT {

    private static final RedisSinkProperties PROPERTIES = RedisContractTests.PROPERTIES;

    private final List<RedisAccess> opened = new ArrayList<>();
    private final Random random = new Random();
    private LocalStack stack;
    private RedisAccess access;

    @BeforeEach
    void connect(LocalStack started) {
        stack = started;
        access = access();
    }

    @AfterEach
    void disconnect() {
        opened.forEach(RedisAccess::close);
    }

    private RedisAccess access() {
        return access(RedisURI.create("localhost", stack.redisPort()));
    }

    private RedisAccess access(RedisURI uri) {
        RedisAccess made = new RedisAccess(List.of(uri), false, PROPERTIES.commandTimeout(), null);
        opened.add(made);
        return made;
    }

    private static CapturedTable table(String options) {
        CapturedTable plain = TestTables.of(
                TestTables.uniqueName("writers"), List.of("id"), List.of(TestTables.column("id", "int4")));
        return TestTables.bound(plain, "redis", options);
    }

    /** Any state of any row, in any order: what a rewind, a worker that stood still and a retry bring. */
    private List<ChangeEvent> changes(CapturedTable table, int rows, int count) {
        TestEvents events = new TestEvents(table);
        List<ChangeEvent> changes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int row = random.nextInt(rows);
            String key = "{\"id\":" + row + "}";
            changes.add(
                    random.nextInt(5) == 0
                            ? events.delete(key)
                            : events.update(key, null, "{\"id\":" + row + ",\"value\":\"" + i + "\"}"));
        }
        Collections.shuffle(changes, random);
        return changes;
    }

    private static void write(RedisSink sink, CapturedTable table, List<ChangeEvent> changes, int atOnce)
            throws Exception {
        for (int from = 0; from < changes.size(); from += atOnce) {
            List<Change> some = changes.subList(from, Math.min(changes.size(), from + atOnce)).stream()
                    .map(change -> new Change(table, change))
                    .toList();
            assertThat(sink.write(SinkBatch.of(some))).isEmpty();
        }
    }

    /** Returns what is held of a table, rows and marks, and which of it expires. */
    private Map<String, String> held(CapturedTable table) throws Exception {
        String name = table.table().table();
        return access.with(link -> {
            Map<String, String> held = new TreeMap<>();
            for (byte[] key : link.one(all -> all.keys("*" + name + ":*"))) {
                held.put(
                        text(key).replace(name, "table"),
                        text(link.one(all -> all.get(key)))
                                + (link.one(all -> all.pttl(key)) < 0 ? "" : ", for a while"));
            }
            return held;
        });
    }

    /** What is right: the newest state of each row. */
    private static Map<String, String> expected(List<ChangeEvent> changes) {
        Map<String, ChangeEvent> newest = new TreeMap<>();
        changes.forEach(change -> newest.merge(
                "shop:public.table:" + change.key().encoded(),
                change,
                (one, other) -> one.rowVersion() < other.rowVersion() ? other : one));
        Map<String, String> expected = new TreeMap<>();
        newest.forEach((key, change) -> {
            String version = HexFormat.of().toHexDigits(change.rowVersion());
            if (change.after() == null) {
                expected.put("millrace:v:{" + key + "}", version + ", for a while");
            } else {
                expected.put(key, text(change.after().toBytes()));
                expected.put("millrace:v:{" + key + "}", version);
            }
        });
        return expected;
    }

    @Test
    void manyAtOnceLeaveWhatOneAfterTheOtherLeaves() throws Exception {
        RedisSink sink = new RedisSink(access, PROPERTIES, () -> Trust.Known.ANYTHING);
        CapturedTable many = table("{}");
        CapturedTable single = table("{}");
        List<ChangeEvent> changes = changes(many, 700, 5_000);
        write(sink, many, changes, 1_700);
        write(sink, single, changes, 1);
        assertThat(held(many)).isEqualTo(expected(changes)).isEqualTo(held(single));

        write(sink, many, changes, 5_000);
        assertThat(held(many)).as("repeated").isEqualTo(expected(changes));
    }

    @Test
    void entriesThatLiveForAWhileDoSoHoweverTheyAreWritten() throws Exception {
        RedisSink sink = new RedisSink(access, PROPERTIES, () -> Trust.Known.ANYTHING);
        CapturedTable many = table("{\"timeToLive\":\"1h\"}");
        CapturedTable single = table("{\"timeToLive\":\"1h\"}");
        List<ChangeEvent> changes = changes(many, 300, 600);
        write(sink, many, changes, 600);
        write(sink, single, changes, 1);
        assertThat(held(many)).isNotEmpty().isEqualTo(held(single));
        assertThat(held(many).values()).allMatch(value -> value.endsWith(", for a while"));
    }

    @Test
    void writersOfTheSameRowsAtTheSameTimeLeaveTheNewestAndNeverGoBack() throws Exception {
        CapturedTable table = table("{}");
        List<ChangeEvent> changes = changes(table, 400, 24_000);
        int writers = 4;
        ExecutorService threads = Executors.newFixedThreadPool(writers + 1);
        AtomicBoolean done = new AtomicBoolean();
        try {
            Future<Long> reader = threads.submit(() -> goingsBack(table, done));
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                // a process of its own each: what one knows of its own writes, the others do not
                RedisSink sink = new RedisSink(access(), PROPERTIES, () -> Trust.Known.ANYTHING);
                List<ChangeEvent> some = changes.subList(i * 6_000, (i + 1) * 6_000);
                int atOnce = List.of(1_500, 300, 150, 20).get(i);
                running.add(threads.submit(() -> {
                    write(sink, table, some, atOnce);
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
            done.set(true);
            assertThat(reader.get())
                    .as("versions that were seen after a newer one")
                    .isZero();
        } finally {
            threads.shutdownNow();
        }
        assertThat(held(table)).isEqualTo(expected(changes));
    }

    private long goingsBack(CapturedTable table, AtomicBoolean done) throws Exception {
        RedisAccess own = access();
        byte[][] marks = new byte[400][];
        for (int i = 0; i < marks.length; i++) {
            marks[i] = Space.LIVE.mark(bytes("shop:public." + table.table().table() + ":" + i));
        }
        Map<String, String> seen = new TreeMap<>();
        long back = 0;
        while (!done.get()) {
            for (KeyValue<byte[], byte[]> mark : own.with(link -> link.one(all -> all.mget(marks)))) {
                String version = mark.hasValue() ? text(mark.getValue()) : "";
                String before = seen.put(text(mark.getKey()), version);
                if (before != null && before.compareTo(version) > 0) {
                    back++;
                }
            }
        }
        return back;
    }
}
