package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.millrace.localstack.LocalStack;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/** Snapshots on request, and rows that no change tells whole. */
@ExtendWith(PipelineExtension.class)
class SnapshotsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Pipeline pipeline;

    SnapshotsIT(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    @Test
    void aRowUnderANewKeyKeepsALargeValueThatNobodySent() {
        pipeline.sql(
                "CREATE TABLE moved (id int PRIMARY KEY, n int, big text)",
                "ALTER TABLE moved ALTER big SET STORAGE EXTERNAL");
        pipeline.awaitState(pipeline.register("moved"), "STREAMING");
        pipeline.sql("INSERT INTO moved SELECT i, 0, repeat(md5(i::text), 3125) FROM generate_series(1, 60) i");
        pipeline.barrier();

        pipeline.sql("UPDATE moved SET id = id + 1000 WHERE id <= 10");
        // another row takes the key at once: its value must not be the former row's
        pipeline.sql("BEGIN; UPDATE moved SET id = 2012 WHERE id = 12; UPDATE moved SET id = 12 WHERE id = 11;"
                + " UPDATE moved SET n = 1 WHERE id = 12; COMMIT");
        pipeline.sql("UPDATE moved SET id = 5000 WHERE id = 20", "UPDATE moved SET n = 2 WHERE id = 5000");
        pipeline.sql("UPDATE moved SET id = 6000 WHERE id = 21", "DELETE FROM moved WHERE id = 6000");
        pipeline.assertInStep("moved");
    }

    @Test
    void anEntryThatASinkLostIsReadAgainWhenAChangeCannotTellItWhole() throws Exception {
        pipeline.sql(
                "CREATE TABLE evicted (id int PRIMARY KEY, n int, big text)",
                "ALTER TABLE evicted ALTER big SET STORAGE EXTERNAL");
        pipeline.awaitState(pipeline.register("evicted"), "STREAMING");
        pipeline.sql("INSERT INTO evicted SELECT i, 0, repeat(md5(i::text), 300) FROM generate_series(1, 3) i");
        pipeline.barrier();
        redis(commands -> commands.del("shop:public.evicted:1"));
        elasticsearch("DELETE", "shop.public.evicted/_doc/2", null);

        pipeline.sql("UPDATE evicted SET n = 1");
        pipeline.assertInStep("evicted");
    }

    @Test
    void aSnapshotRepairsWhatSinksHoldWrongWhileTheTableIsWrittenTo() throws Exception {
        pipeline.sql("CREATE TABLE tampered (id bigint PRIMARY KEY, n int, note text)");
        pipeline.sql("INSERT INTO tampered SELECT i, i, 'note ' || i FROM generate_series(1, 2000) i");
        pipeline.sql("INSERT INTO tampered SELECT i, i, 'kept ' || i FROM generate_series(300001, 310000) i");
        long table = pipeline.register("tampered");
        pipeline.awaitState(table, "STREAMING");
        pipeline.barrier();
        // deleted while nobody looked
        pipeline.sql("ALTER PUBLICATION millrace_shop DROP TABLE tampered");
        pipeline.sql("DELETE FROM tampered WHERE id BETWEEN 300001 AND 300050");
        pipeline.sql("ALTER PUBLICATION millrace_shop ADD TABLE tampered");
        tamper();

        try (Traffic traffic = Traffic.on(pipeline.shop, "tampered", 7)) {
            long from = traffic.transactions();
            await().atMost(PATIENCE).until(() -> traffic.transactions() > from + 20);
            long snapshot = request(table, null);
            JsonNode done = awaitDone(table, snapshot);
            // three ghosts, one of them in a form that no key has, and fifty deleted rows
            assertThat(done.path("rowsMissing").asLong()).isEqualTo(54);
            assertThat(done.path("rowsDone").asLong()).isGreaterThan(9_000);
        }
        pipeline.assertInStep("tampered");

        assertThat(entries("shop:public.tampered:no%20number")).isZero();
        JsonNode deletes = pipeline.api
                .get("history?source=shop&schema=public&table=tampered&key=300001&limit=10")
                .path("items");
        JsonNode last = deletes.get(0);
        assertThat(last.path("operation").asString()).isEqualTo("delete");
        assertThat(last.path("foundMissing").asBoolean()).isTrue();
        assertThat(last.path("transactionId").isNull()).isTrue();
        assertThat(last.path("actor").isNull()).isTrue();
    }

    private void tamper() throws Exception {
        elasticsearch("PUT", "shop.public.tampered/_doc/900001", "{\"id\":900001,\"n\":1,\"note\":\"ghost\"}");
        elasticsearch("DELETE", "shop.public.tampered/_doc/300100", null);
        elasticsearch("PUT", "shop.public.tampered/_doc/300101", "{\"id\":300101,\"n\":-1,\"note\":\"stale\"}");
        redis(commands -> {
            commands.set("shop:public.tampered:900002", "{\"id\":900002,\"n\":1,\"note\":\"ghost\"}");
            commands.set("shop:public.tampered:no%20number", "{}");
            commands.del("shop:public.tampered:300100");
            return commands.set("shop:public.tampered:300101", "{\"id\":300101,\"n\":-1,\"note\":\"stale\"}");
        });
        platform(
                "INSERT INTO millrace.change_log (event_id, source, schema_name, table_name, key, key_hash, operation, after,"
                        + " changed_columns, before_completeness, unavailable_columns, lsn, commit_lsn, epoch, ordinal,"
                        + " committed_at, captured_at) VALUES ('ghost', 'shop', 'public', 'tampered', '{\"id\": 900003}', 1,"
                        + " 'create', '{\"id\": 900003, \"n\": 1, \"note\": \"ghost\"}', '{}', 'NONE', '{}', '0/1', '0/1', 1, 0,"
                        + " now(), now())",
                "DELETE FROM millrace.change_log WHERE table_name = 'tampered' AND key = '{\"id\": 300100}'",
                "UPDATE millrace.change_log SET after = '{\"id\": 300101, \"n\": -1, \"note\": \"stale\"}'"
                        + " WHERE table_name = 'tampered' AND key = '{\"id\": 300101}'");
    }

    @Test
    void aFilteredSnapshotRepairsItsRowsAndLeavesTheOthers() throws Exception {
        pipeline.sql("CREATE TABLE partly (id int PRIMARY KEY, region text, tags text[], at timestamptz)");
        pipeline.sql("INSERT INTO partly SELECT i, CASE WHEN i % 2 = 0 THEN 'north' ELSE 'south' END, '{a,b}', now()"
                + " FROM generate_series(1, 2000) i");
        long table = pipeline.register("partly");
        pipeline.awaitState(table, "STREAMING");
        pipeline.barrier();
        pipeline.sql("ALTER PUBLICATION millrace_shop DROP TABLE partly");
        pipeline.sql("DELETE FROM partly WHERE id <= 4");
        pipeline.sql("ALTER PUBLICATION millrace_shop ADD TABLE partly");

        Api.Answer refused = pipeline.api.post(
                "tables/" + table + "/snapshots", "{\"filter\":\"region = 'north'; DROP TABLE partly\"}");
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.body().path("detail").asString()).contains("one condition");

        JsonNode done = awaitDone(table, request(table, "region = 'north' AND 'a' = ANY (tags)"));
        assertThat(done.path("rowsDone").asLong()).isEqualTo(998);
        assertThat(done.path("rowsMissing").asLong())
                .as("2 and 4 are north; 1 and 3 are not asked for")
                .isEqualTo(2);
        pipeline.barrier();
        assertThat(entries("shop:public.partly:1", "shop:public.partly:3")).isEqualTo(2);
        assertThat(entries("shop:public.partly:2", "shop:public.partly:4")).isZero();
        assertThat(awaitDone(table, request(table, null)).path("rowsMissing").asLong())
                .isEqualTo(2);
        pipeline.assertInStep("partly");
    }

    @Test
    void aSnapshotOutlivesKillsOfCaptureAndWorkers() {
        pipeline.sql("CREATE TABLE resumed (id bigint PRIMARY KEY, n int, note text)");
        pipeline.sql("INSERT INTO resumed SELECT i, i, 'note ' || i FROM generate_series(1, 60000) i");
        try (Traffic traffic = Traffic.on(pipeline.shop, "resumed", 11)) {
            long table = pipeline.register("resumed");
            for (int kills = 0; kills < Campaign.rounds(1, 20); kills++) {
                long done = snapshotRows(table);
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(20))
                        .until(() -> snapshotRows(table) != done || isStreaming(table));
                pipeline.capture.kill9();
                pipeline.workers.kill9();
                pipeline.capture.launch();
                pipeline.workers.launch();
                pipeline.capture.awaitReady();
                pipeline.workers.awaitReady();
            }
            await().atMost(PATIENCE).until(() -> isStreaming(table));
            assertThat(traffic.transactions()).isPositive();
        }
        pipeline.assertInStep("resumed");
    }

    private boolean isStreaming(long table) {
        return pipeline.api.get("tables/" + table).path("state").asString().equals("STREAMING");
    }

    private long snapshotRows(long table) {
        return pipeline.api
                .get("tables/" + table)
                .path("snapshot")
                .path("rowsDone")
                .asLong();
    }

    private long request(long table, String filter) {
        Api.Answer answer = pipeline.api.post(
                "tables/" + table + "/snapshots", filter == null ? null : "{\"filter\":\"" + filter + "\"}");
        assertThat(answer.status()).as("%s", answer.body()).isEqualTo(201);
        return answer.body().path("id").asLong();
    }

    private JsonNode awaitDone(long table, long snapshot) {
        return await().atMost(PATIENCE)
                .until(
                        () -> pipeline.api.get("tables/" + table + "/snapshots/" + snapshot),
                        view -> view.path("state").asString().equals("DONE"));
    }

    private void platform(String... statements) throws Exception {
        try (Connection connection = DriverManager.getConnection(
                        pipeline.stack.postgresJdbcUrl("millrace"),
                        LocalStack.POSTGRES_USER,
                        LocalStack.POSTGRES_PASSWORD);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private long entries(String... keys) {
        return redis(commands -> commands.exists(keys));
    }

    private <T> T redis(java.util.function.Function<RedisCommands<String, String>, T> work) {
        RedisClient client = RedisClient.create(RedisURI.create("localhost", pipeline.stack.redisPort()));
        try (var connection = client.connect()) {
            return work.apply(connection.sync());
        } finally {
            client.shutdown();
        }
    }

    private void elasticsearch(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(pipeline.stack.elasticsearchUri() + "/" + path))
                .header("Content-Type", "application/json")
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isBetween(200, 299);
    }
}
