package io.millrace.sync.sink.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.millrace.catalog.CapturedTable;
import io.millrace.event.BeforeCompleteness;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import io.millrace.localstack.Service;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.RebuildableSink.Copy;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkContractTests;
import io.millrace.sync.sink.SinkException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The sink's contract on a Redis, whatever the entries and however many servers. */
abstract class RedisContractTests extends SinkContractTests {

    static final RedisSinkProperties PROPERTIES =
            new RedisSinkProperties(Duration.ofHours(24), 256, Duration.ofSeconds(1), Duration.ofSeconds(5));

    RedisAccess access;
    private RedisSink sink;

    @BeforeAll
    void connect() throws Exception {
        access = access();
        sink = new RedisSink(access, PROPERTIES, () -> Trust.Known.ANYTHING);
    }

    RedisAccess access() throws Exception {
        return new RedisAccess(
                List.of(RedisURI.create("localhost", stack().redisPort())), false, PROPERTIES.commandTimeout(), null);
    }

    @AfterAll
    void disconnect() {
        sink.close();
    }

    @Override
    protected Sink sink() {
        return sink;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }

    /** Asks Redis by itself. */
    <T> T ask(
            java.util.function.Function<RedisClusterAsyncCommands<byte[], byte[]>, io.lettuce.core.RedisFuture<T>>
                    question) {
        try {
            return access.with(link -> link.one(question));
        } catch (SinkException e) {
            throw new IllegalStateException(e);
        }
    }

    String entry(CapturedTable table, String key) {
        return "shop:public." + table.table().table() + ":" + key;
    }

    @Override
    protected Optional<String> row(CapturedTable table, RowKey key) {
        byte[] found = ask(all -> all.get(bytes(entry(table, key.encoded()))));
        return Optional.ofNullable(found).map(RedisContractTests::text);
    }

    /** Redis takes any value; what it cannot have is a row without a key. */
    @Override
    protected ChangeEvent poison(CapturedTable table, TestEvents events) {
        ChangeEvent event = events.create(key(9), item(9, "no key"));
        return new ChangeEvent(
                event.source(),
                event.table(),
                event.position(),
                event.lsn(),
                event.operation(),
                null,
                null,
                BeforeCompleteness.NONE,
                event.after(),
                Set.of(),
                event.transaction(),
                event.capturedAt(),
                1);
    }

    @Override
    protected Service service() {
        return Service.REDIS;
    }

    @Test
    void versionOfALiveRowDoesNotExpireAndThatOfADeletedOneDoes() throws Exception {
        write(events.create(key(1), item(1, "a")), events.create(key(2), item(2, "b")));
        write(events.delete(key(2)));
        assertThat(this.<Long>ask(all -> all.ttl(Space.LIVE.mark(bytes(entry(table, "1"))))))
                .isEqualTo(-1);
        assertThat(this.<Long>ask(all -> all.ttl(Space.LIVE.mark(bytes(entry(table, "2"))))))
                .isBetween(86_000L, 86_400L);
    }

    private void feed(Copy copy, ChangeEvent... changes) throws Exception {
        assertThat(sink.feed(
                        copy,
                        Arrays.stream(changes)
                                .map(event -> new Change(table, event))
                                .toList()))
                .isEmpty();
    }

    private void show(Copy copy) throws Exception {
        sink.exchange(copy);
        sink.discard(copy);
    }

    @Test
    void rowsThatATruncateTookDoNotComeBackBehindIt() throws Exception {
        ChangeEvent[] before = {events.create(key(1), item(1, "a")), events.create(key(2), item(2, "b"))};
        ChangeEvent truncate = events.truncate();
        ChangeEvent after = events.create(key(3), item(3, "c"));
        Copy copy = new Copy(1, table, "{}");
        sink.prepare(copy);
        feed(copy, before[0]);
        // delivery is where the feed does not get to; readers see no row that could keep its version
        write(truncate);
        feed(copy, before[1], after);
        show(copy);
        assertThat(held(1)).as("brought back already").isNull();
        assertThat(held(2)).as("brought back afterwards").isNull();
        assertThat(held(3)).as("made afterwards").isEqualTo(JSON.readTree(item(3, "c")));
        write(before);
        assertThat(held(1)).as("delivered again").isNull();
        assertThat(held(2)).as("delivered again").isNull();
    }

    @Test
    void truncateThatIsBroughtBackTakesWhatReadersSeeFromBeforeIt() throws Exception {
        write(events.create(key(1), item(1, "a")), events.create(key(2), item(2, "b")));
        ChangeEvent lost = events.truncate();
        write(events.create(key(3), item(3, "c")));
        Copy copy = new Copy(1, table, "{}");
        sink.prepare(copy);
        feed(copy, lost);
        feed(copy, events.create(key(2), item(2, "again")));
        show(copy);
        assertThat(held(1)).isNull();
        assertThat(held(2)).isEqualTo(JSON.readTree(item(2, "again")));
        assertThat(held(3)).isEqualTo(JSON.readTree(item(3, "c")));
    }

    @Test
    void olderTruncateDoesNotTakeThePlaceOfANewerOne() throws Exception {
        ChangeEvent older = events.truncate();
        ChangeEvent between = events.create(key(1), item(1, "a"));
        ChangeEvent newer = events.truncate();
        Copy copy = new Copy(1, table, "{}");
        sink.prepare(copy);
        write(newer);
        feed(copy, older);
        feed(copy, between);
        show(copy);
        assertThat(held(1)).isNull();
    }
}
