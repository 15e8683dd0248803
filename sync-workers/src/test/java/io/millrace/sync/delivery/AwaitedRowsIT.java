package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.millrace.catalog.Shapings;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.sync.SyncWorkersApplication;
import io.millrace.sync.fixture.TestEvents;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/**
 * Rows with two large values. PostgreSQL sends only the one that a change is about: what a sink holds completes it, but not where a change in
 * between was left out. No capture runs here, so rows that are asked for come when the test sends them.
 */
class AwaitedRowsIT extends DeliveryScenario {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String NOT_SENT = "__debezium_unavailable_value";
    private static final Set<String> STATES = Set.of("elasticsearch", "redis");

    private final HttpClient http = HttpClient.newHttpClient();

    AwaitedRowsIT() {
        super("awaited_rows", SyncWorkersApplication.class, STATES);
    }

    /** A row whose name and note are both large. */
    private static String row(String name, String note) {
        return "{\"id\":1,\"name\":\"" + name + "\",\"amount\":\"1.50\",\"note\":\"" + note + "\",\"data\":null}";
    }

    private String elasticsearch() throws Exception {
        String found = http.send(
                        HttpRequest.newBuilder(
                                        URI.create(stack.elasticsearchUri() + "/" + table.topic() + "/_source/1"))
                                .build(),
                        BodyHandlers.ofString())
                .body();
        return JSON.readTree(found).toString();
    }

    private String redis() {
        try (var client = RedisClient.create("redis://localhost:" + stack.redisPort());
                var connection = client.connect()) {
            return connection.sync().get(redisKey(1));
        }
    }

    private void held(String row) throws Exception {
        assertThat(elasticsearch()).isEqualTo(row);
        assertThat(redis()).isEqualTo(row);
    }

    private void passed(long records) {
        await().untilAsserted(() ->
                STATES.forEach(sink -> assertThat(next(sink)).as(sink).isEqualTo(records)));
    }

    /** Says which rows are asked for since this was said last. */
    private List<String> askedFor() {
        return sql.queryForList(
                "DELETE FROM millrace.reread WHERE table_id = ? RETURNING key", String.class, table.id());
    }

    private int awaited() {
        return sql.queryForObject(
                "SELECT count(*) FROM millrace.awaited_row WHERE table_id = ?", Integer.class, table.id());
    }

    private void restart() {
        application.close();
        run();
    }

    private void filter(String expression) {
        Shaping shaping = new Shaping(null, Map.of(), Map.of(), expression, List.of());
        catalog.table(table.id()).orElseThrow().sinks().forEach(binding -> application
                .getBean(Shapings.class)
                .declare(table.id(), binding.sink(), shaping.toJson(), binding.shapingVersion(), "test"));
    }

    @Test
    void changeThatWasNotShapedForWantOfOneLargeValueDoesNotBringBackTheFormerOtherOne() throws Exception {
        filter("note != 'hidden'");
        send(events.create(key(1), row("first name", "first note")));
        passed(1);
        held(row("first name", "first note"));

        send(events.update(key(1), null, row("second name", NOT_SENT), "note"));
        passed(2);
        assertThat(askedFor()).containsExactly(key(1));
        held(row("first name", "first note"));

        restart();
        send(events.update(key(1), null, row(NOT_SENT, "second note"), "name"));
        passed(3);
        held(row("first name", "first note"));
        assertThat(askedFor()).containsExactly(key(1));

        send(events.read(key(1), row("second name", "second note"), TestEvents.nextLsn()));
        passed(4);
        held(row("second name", "second note"));
        assertThat(awaited()).isZero();

        send(events.update(key(1), null, row(NOT_SENT, "third note"), "name"));
        passed(5);
        held(row("second name", "third note"));
        assertThat(askedFor()).isEmpty();
    }

    @Test
    void changeThatTheSinkCouldNotCompleteDoesNotBringBackTheFormerOtherValue() throws Exception {
        String without = row("first name", "").replace(",\"note\":\"\"", "");
        send(events.create(key(1), without));
        passed(1);

        send(events.update(key(1), null, row("second name", NOT_SENT), "note"));
        passed(2);
        assertThat(askedFor()).containsExactly(key(1));
        held(without);

        restart();
        send(events.update(key(1), null, row(NOT_SENT, "second note"), "name"));
        passed(3);
        held(without);
        assertThat(askedFor()).containsExactly(key(1));

        send(events.delete(key(1)));
        passed(4);
        assertThat(awaited()).isZero();
        assertThat(redis()).isNull();
    }
}
