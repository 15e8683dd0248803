package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/** Workers share the load, stand still, come back, die at the worst moment and fight; the sinks equal the source afterwards. */
@ExtendWith(PipelineExtension.class)
@EnabledIfSystemProperty(
        named = "millrace.campaign",
        matches = "true",
        disabledReason = "nine minutes of workers that come, go, freeze and die: ./millrace test --campaign")
class WorkersIT {

    private final Pipeline pipeline;

    WorkersIT(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    /** A test that failed half-way must not take the others with it. */
    @AfterEach
    void workersRun() {
        if (!pipeline.workers.isAlive()) {
            pipeline.workers.start();
        }
    }

    private long table(String name) {
        pipeline.sql("CREATE TABLE " + name + " (id bigint PRIMARY KEY, n int, note text)");
        long id = pipeline.register(name);
        pipeline.awaitState(id, "STREAMING");
        return id;
    }

    private Connection platform() throws SQLException {
        return DriverManager.getConnection(pipeline.stack.postgresJdbcUrl("millrace"), "postgres", "postgres");
    }

    private long delivered(String sink, String table) {
        try (Connection connection = platform();
                Statement statement = connection.createStatement();
                var row = statement.executeQuery(
                        "SELECT coalesce(sum(next_offset), 0) FROM millrace.delivery_offset WHERE sink = '" + sink
                                + "' AND topic = 'shop.public." + table + "'")) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void twoAndFourWorkersShareTheLoadWhileTheyComeAndGo() {
        table("shared");
        List<AppProcess> more = new ArrayList<>();
        try (Traffic traffic = Traffic.on(pipeline.shop, "shared", 11)) {
            more.add(pipeline.moreWorkers("workers-2"));
            more.get(0).start();
            RestartsIT.awaitTransactions(traffic, 100);
            for (int i = 3; i <= 4; i++) {
                AppProcess next = pipeline.moreWorkers("workers-" + i);
                more.add(next);
                next.launch();
            }
            more.forEach(AppProcess::awaitReady);
            RestartsIT.awaitTransactions(traffic, 100);
            more.get(1).kill9();
            RestartsIT.awaitTransactions(traffic, 50);
            assertThat(more.get(0).stop()).isIn(0, 143);
            RestartsIT.awaitTransactions(traffic, 50);
            // only the fourth is left
            pipeline.workers.kill9();
            RestartsIT.awaitTransactions(traffic, 100);
            pipeline.workers.start();
            RestartsIT.awaitTransactions(traffic, 50);
        } finally {
            more.stream().filter(AppProcess::isAlive).forEach(AppProcess::stop);
        }
        pipeline.assertInStep("shared");
    }

    @Test
    void aWorkerThatStoodStillForLongerThanItsSessionChangesNothingWhenItGoesOn() {
        table("frozen");
        AppProcess second = pipeline.moreWorkers("workers-2");
        second.start();
        try (Traffic traffic = Traffic.on(pipeline.shop, "frozen", 12)) {
            for (int round = 0; round < Campaign.rounds(2, 8); round++) {
                AppProcess zombie = round % 2 == 0 ? pipeline.workers : second;
                RestartsIT.awaitTransactions(traffic, 60);
                zombie.freeze();
                try {
                    // reached only once the other has taken over all partitions
                    pipeline.barrier();
                    RestartsIT.awaitTransactions(traffic, 60);
                } finally {
                    zombie.thaw();
                }
                RestartsIT.awaitTransactions(traffic, 60);
            }
        } finally {
            second.stop();
        }
        pipeline.assertInStep("frozen");
    }

    @Test
    void aWorkerKilledBetweenTheWriteAndItsOffsetRepeatsNothingThatShows() throws Exception {
        table("halfway");
        pipeline.sql("INSERT INTO halfway SELECT g, 0, 'before' FROM generate_series(1, 300) g");
        pipeline.barrier();
        long before = delivered("redis", "halfway");
        try (Connection locks = platform();
                Statement statement = locks.createStatement();
                RedisClient client = RedisClient.create("redis://localhost:" + pipeline.stack.redisPort());
                var redis = client.connect()) {
            locks.setAutoCommit(false);
            statement.execute("LOCK TABLE millrace.delivery_offset IN EXCLUSIVE MODE");
            pipeline.sql("UPDATE halfway SET n = n + 1, note = 'written' WHERE id <= 200");
            String[] keys = IntStream.rangeClosed(1, 200)
                    .mapToObj(key -> "shop:public.halfway:" + key)
                    .toArray(String[]::new);
            await().atMost(Duration.ofSeconds(30)).until(() -> redis.sync().mget(keys).stream()
                    .anyMatch(row -> row.getValueOrElse("").contains("written")));
            pipeline.workers.kill9();
            // what the killed worker's connections still wait to do must not happen
            statement.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    + " WHERE datname = 'millrace' AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()");
            await().until(() -> waiting(statement) == 0);
            locks.rollback();
        }
        assertThat(delivered("redis", "halfway"))
                .as("the offset was not stored")
                .isEqualTo(before);
        pipeline.workers.start();
        pipeline.assertInStep("halfway");
    }

    private static long waiting(Statement statement) throws SQLException {
        try (var row = statement.executeQuery("SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                + " WHERE d.datname = 'millrace' AND NOT l.granted")) {
            row.next();
            return row.getLong(1);
        }
    }

    @Test
    void twoLiveWorkersThatBothBelieveToHaveThePartitionsLoseFencesAndNoChange() {
        table("fought_over");
        // another consumer group: Kafka gives it all partitions too
        AppProcess rival = pipeline.moreWorkers("rival", "--millrace.sync.delivery.group-prefix=rival");
        rival.start();
        try (Traffic traffic = Traffic.on(pipeline.shop, "fought_over", 13)) {
            RestartsIT.awaitTransactions(traffic, 300);
            // the rival takes its time to have its partitions
            await().atMost(Duration.ofSeconds(60)).until(() -> (rival.output() + pipeline.workers.output())
                    .contains("moved on by another worker in [shop.public.fought_over"));
        } finally {
            pipeline.barrier();
            rival.stop();
        }
        pipeline.assertInStep("fought_over");
    }

    @Test
    void aRewindOfEverySinkDuringTrafficRepeatsNothingThatShows() {
        long id = table("rewound");
        try (Traffic traffic = Traffic.on(pipeline.shop, "rewound", 14)) {
            RestartsIT.awaitTransactions(traffic, 150);
            for (String sink : List.of("elasticsearch", "redis", "audit")) {
                Api.Answer answer =
                        pipeline.api.post("sinks/" + sink + "/tables/" + id + "/rewind", "{\"to\":\"beginning\"}");
                assertThat(answer.status())
                        .as("rewind of %s: %s", sink, answer.body())
                        .isEqualTo(200);
                assertThat(answer.body().path("records").asLong()).isPositive();
                RestartsIT.awaitTransactions(traffic, 50);
            }
        }
        pipeline.assertInStep("rewound");
    }

    @Test
    void recordsDeletedBeforeASinkHadThemFailItUntilItIsResumedWithASnapshot() throws Exception {
        long id = table("gone");
        pipeline.sql("INSERT INTO gone SELECT g, 0, 'before' FROM generate_series(1, 500) g");
        pipeline.barrier();
        String binding = "sinks/redis/tables/" + id;
        assertThat(pipeline.api.post(binding + "/pause", null).status()).isEqualTo(200);
        // workers notice a pause when they next look at the catalog: until then changes still come through
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            pipeline.sql("UPDATE gone SET n = n + 1 WHERE id = 1");
            pipeline.barrier();
            return delivered("redis", "gone") < delivered("audit", "gone");
        });
        pipeline.sql(
                "UPDATE gone SET n = 1 WHERE id % 3 = 0",
                "INSERT INTO gone SELECT g, 0, 'new' FROM generate_series(501, 700) g");
        // the barrier leaves out what is paused
        pipeline.barrier();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", pipeline.stack.kafkaBootstrapServers()))) {
            admin.deleteRecords(IntStream.range(0, 3)
                            .mapToObj(partition -> new TopicPartition("shop.public.gone", partition))
                            .collect(Collectors.toMap(
                                    partition -> partition, partition -> RecordsToDelete.beforeOffset(-1))))
                    .all()
                    .get();
        }
        pipeline.sql("UPDATE gone SET n = 2 WHERE id % 5 = 0");
        assertThat(pipeline.api.post(binding + "/resume", null).status()).isEqualTo(200);
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            JsonNode now = pipeline.api.get(binding);
            assertThat(now.path("state").asString()).isEqualTo("FAILED");
            assertThat(now.path("message").asString())
                    .contains("deleted by the topic's retention")
                    .contains("new snapshot");
        });

        assertThat(pipeline.api.post(binding + "/resume", null).status()).isEqualTo(200);
        await().atMost(Duration.ofSeconds(60)).until(() -> pipeline.api
                .get("tables/" + id)
                .path("snapshot")
                .path("state")
                .asString()
                .equals("DONE"));
        pipeline.assertInStep("gone");
    }
}
