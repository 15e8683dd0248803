package io.millrace.sync.sink.redis;

import static io.millrace.sync.sink.redis.RedisContractTests.PROPERTIES;
import static io.millrace.sync.sink.redis.RedisContractTests.bytes;
import static io.millrace.sync.sink.redis.RedisContractTests.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisURI;
import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.RedisProcess;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.RebuildableSink.Copy;
import io.millrace.sync.sink.SinkBatch;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** A Redis that comes back without what was written last: nothing rests on what is left of a row before that is known to be all of it. */
@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
class RedisStartedAgainIT {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private RedisProcess redis;
    private RedisAccess access;
    private RedisSink sink;
    private final Set<String> runs = new HashSet<>();
    private final Set<Long> refilled = new HashSet<>();
    private CapturedTable table;
    private TestEvents events;

    @BeforeAll
    void start(LocalStack stack) {
        redis = RedisProcess.start("redis-started-again", "--save", "", "--appendonly", "no");
        access = new RedisAccess(
                List.of(RedisURI.create("localhost", redis.port())), false, PROPERTIES.commandTimeout(), null);
        sink = new RedisSink(access, PROPERTIES, () -> Trust.Known.of(runs, refilled));
    }

    @AfterAll
    void stop() {
        access.close();
        redis.close();
    }

    private String run() {
        return redis.with(connection -> connection
                .sync()
                .info("server")
                .lines()
                .filter(line -> line.startsWith("run_id:"))
                .findFirst()
                .orElseThrow()
                .substring("run_id:".length())
                .strip());
    }

    private static String row(int amount, String note) {
        return "{\"id\":1,\"name\":\"n\",\"amount\":\"" + amount + "\",\"note\":\"" + note + "\",\"data\":null}";
    }

    private ChangeEvent whole(int amount, String note) {
        return events.update("{\"id\":1}", null, row(amount, note));
    }

    private ChangeEvent lacking(int amount) {
        return events.update("{\"id\":1}", null, row(amount, "__debezium_unavailable_value"), "note");
    }

    private List<Failure> write(ChangeEvent event) throws Exception {
        return sink.write(SinkBatch.of(List.of(new Change(table, event))));
    }

    /** Returns amount and note as a reader sees them. */
    private String held() throws Exception {
        byte[] key = bytes("shop:public." + table.table().table() + ":1");
        return access.with(link -> {
            if ("hash".equals(link.one(all -> all.type(key)))) {
                return text(link.one(all -> all.hget(key, bytes("amount")))) + " "
                        + text(link.one(all -> all.hget(key, bytes("note"))));
            }
            var row = JSON.readTree(text(link.one(all -> all.get(key))));
            return row.path("amount").asString() + " " + row.path("note").asString();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"format\":\"hash\"}"})
    void changeThatLacksValuesWaitsForTheRowUntilWhatWasLostIsBack(String options) throws Exception {
        table = TestTables.bound(TestTables.items(), "redis", options);
        events = new TestEvents(table);
        runs.clear();
        runs.add(run());
        assertThat(write(whole(1, "old"))).isEmpty();
        redis.with(connection -> connection.sync().save());
        ChangeEvent lost = whole(2, "new");
        assertThat(write(lost)).isEmpty();
        assertThat(write(lacking(3))).isEmpty();
        assertThat(held()).isEqualTo("3 new");

        redis.kill();
        redis.start();
        // nobody has noticed; connections of before are gone
        access.close();
        access = new RedisAccess(
                List.of(RedisURI.create("localhost", redis.port())), false, PROPERTIES.commandTimeout(), null);
        sink = new RedisSink(access, PROPERTIES, () -> Trust.Known.of(runs, refilled));
        assertThat(write(lacking(4))).singleElement().returns(ErrorCategory.INCOMPLETE, Failure::category);
        assertThat(held()).isEqualTo("1 old");

        refilled.add(table.id());
        runs.add(run());
        assertThat(write(lacking(5)))
                .as("noticed")
                .singleElement()
                .returns(ErrorCategory.INCOMPLETE, Failure::category);
        assertThat(held()).isEqualTo("1 old");
        Copy copy = new Copy(1, table, "{}");
        sink.prepare(copy);
        assertThat(sink.feed(copy, List.of(new Change(table, lost)))).isEmpty();
        sink.exchange(copy);
        sink.discard(copy);
        assertThat(held()).isEqualTo("2 new");

        refilled.clear();
        assertThat(write(lacking(6))).isEmpty();
        assertThat(held()).isEqualTo("6 new");
    }
}
