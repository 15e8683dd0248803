package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.AlertName;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.event.ChangeEvent;
import io.millrace.event.kafka.TopicIds;
import io.millrace.sync.SyncWorkersApplication;
import io.millrace.sync.fixture.TestTopics;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/** The stored offsets are the truth: whoever moves them, whatever a worker does at the moment. */
class RewindIT extends DeliveryScenario {

    private static final Set<String> SINKS = Set.of("elasticsearch", "redis", "audit");

    RewindIT() {
        super("rewind", SyncWorkersApplication.class, SINKS);
    }

    static void rewindToTheBeginning(Offsets offsets, String sink, String topic) {
        Map<TopicPartitionId, Long> to = new HashMap<>();
        for (DeliveryOffset offset : offsets.deliveries(sink)) {
            if (offset.topic().equals(topic)) {
                to.put(new TopicPartitionId(topic, offset.partition()), 0L);
            }
        }
        offsets.rewind(sink, to);
    }

    private void awaitAllAt(long offset) {
        await().untilAsserted(() ->
                SINKS.forEach(sink -> assertThat(next(sink)).as(sink).isEqualTo(offset)));
    }

    private long applied(String sink) {
        return offsets.deliveries(sink).stream()
                .filter(offset -> offset.topic().equals(table.topic()))
                .mapToLong(DeliveryOffset::events)
                .sum();
    }

    private List<String> wholeHistory() {
        return sql.queryForList(
                "SELECT event_id || ' ' || operation FROM millrace.change_history WHERE table_name = ? ORDER BY seq",
                String.class,
                table.table().table());
    }

    private void deleteFromRedis(int id) {
        try (var client = io.lettuce.core.RedisClient.create("redis://localhost:" + stack.redisPort());
                var connection = client.connect()) {
            connection.sync().del(redisKey(id), "millrace:v:{" + redisKey(id) + "}");
        }
    }

    @Test
    void aRewindOfEverySinkWhileItRunsChangesNothingThatReadersSeeExceptRepairs() throws Exception {
        List<ChangeEvent> changes = new ArrayList<>();
        for (int id = 1; id <= 200; id++) {
            changes.add(events.create(key(id), item(id, "old " + id)));
            changes.add(events.update(key(id), null, item(id, "new " + id)));
            if (id % 5 == 0) {
                changes.add(events.delete(key(id)));
            }
        }
        send(changes.toArray(ChangeEvent[]::new));
        awaitAllAt(changes.size());
        List<String> before = wholeHistory();
        assertThat(before).hasSize(changes.size()).doesNotHaveDuplicates();
        deleteFromRedis(7);
        assertThat(inRedis(7)).isNull();

        for (String sink : SINKS) {
            rewindToTheBeginning(offsets, sink, table.topic());
        }
        await().untilAsserted(() ->
                SINKS.forEach(sink -> assertThat(applied(sink)).as(sink).isGreaterThanOrEqualTo(2L * changes.size())));
        awaitAllAt(changes.size());

        assertThat(wholeHistory()).isEqualTo(before);
        assertThat(inRedis(7)).as("repaired").isEqualTo("new 7");
        for (int id = 1; id <= 200; id += 3) {
            String expected = id % 5 == 0 ? null : "new " + id;
            assertThat(inRedis(id)).isEqualTo(expected);
            assertThat(inElasticsearch(id)).isEqualTo(expected);
        }
        send(events.create(key(1000), item(1000, "after")));
        await().untilAsserted(() -> assertThat(history(1000)).containsExactly("create:after"));
        assertThat(wholeHistory()).hasSize(changes.size() + 1).doesNotHaveDuplicates();
    }

    @Test
    void twoWorkersThatBothBelieveToHaveThePartitionsWriteEveryChangeOnce() throws Exception {
        ConfigurableApplicationContext first = application;
        // another consumer group: both are given all partitions
        run("--millrace.sync.delivery.group-prefix=rewind-rival");
        try {
            List<ChangeEvent> changes = new ArrayList<>();
            for (int id = 1; id <= 300; id++) {
                changes.add(events.create(key(id), item(id, "a")));
                changes.add(events.update(key(id), null, item(id, "b")));
            }
            for (int from = 0; from < changes.size(); from += 50) {
                send(changes.subList(from, from + 50).toArray(ChangeEvent[]::new));
            }
            awaitAllAt(changes.size());
            rewindToTheBeginning(offsets, "audit", table.topic());
            await().untilAsserted(() -> assertThat(applied("audit")).isEqualTo(2L * changes.size()));
            awaitAllAt(changes.size());
            assertThat(wholeHistory()).hasSize(changes.size()).doesNotHaveDuplicates();
            for (int id = 1; id <= 300; id += 17) {
                assertThat(history(id)).containsExactly("create:a", "update:b");
                assertThat(inRedis(id)).isEqualTo("b");
            }
        } finally {
            application.close();
            use(first);
        }
    }

    @Test
    void recordsThatRetentionDeletedBeforeASinkHadThemAreSaidAndNotPassedOver() throws Exception {
        send(events.create(key(1), item(1, "first")));
        awaitAllAt(1);
        int partition = offsets.deliveries("redis").stream()
                .filter(offset -> offset.topic().equals(table.topic()) && offset.nextOffset() == 1)
                .findFirst()
                .orElseThrow()
                .partition();
        catalog.bindingState(table.id(), "redis", BindingState.PAUSED, null);
        await().until(() -> knownClosed("redis"));
        // the fetch that waits at the broker when a partition is closed still brings what is sent next, and is the last
        // one
        send(events.update(key(1), null, item(1, "on its way")));
        await().untilAsserted(() -> assertThat(inElasticsearch(1)).isEqualTo("on its way"));
        send(
                events.update(key(1), null, item(1, "lost")),
                events.update(key(1), null, item(1, "lost too")),
                events.update(key(1), null, item(1, "kept")));
        await().untilAsserted(() -> assertThat(inElasticsearch(1)).isEqualTo("kept"));
        try (var admin = admin()) {
            admin.deleteRecords(Map.of(new TopicPartition(table.topic(), partition), RecordsToDelete.beforeOffset(4)))
                    .all()
                    .get();
        }
        catalog.bindingState(table.id(), "redis", BindingState.ACTIVE, null);
        await().untilAsserted(() -> {
            assertThat(binding("redis")).isEqualTo(BindingState.FAILED);
            assertThat(message("redis")).containsPattern("Offsets [12] to 3").contains("new snapshot");
        });
        assertThat(inRedis(1)).isIn("first", "on its way");
        assertThat(binding("elasticsearch")).isEqualTo(BindingState.ACTIVE);
    }

    private void makeTheTopicAnew() {
        try (var admin = admin()) {
            admin.deleteTopics(List.of(table.topic())).all().get();
            await().ignoreExceptions()
                    .until(() -> !admin.listTopics().names().get().contains(table.topic()));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        TestTopics.create(stack, table.topic(), 3);
    }

    /** Each partition counts further then than the sinks stood in it before. */
    private void sendMoreThanBefore() throws Exception {
        for (int id = 1; id <= 100; id++) {
            send(events.create(key(id), item(id, "of the new topic")));
        }
    }

    private void awaitSaid() {
        await().untilAsserted(() -> SINKS.forEach(sink -> {
            assertThat(binding(sink)).as(sink).isEqualTo(BindingState.FAILED);
            assertThat(message(sink)).contains("was made anew").contains("new snapshot");
            assertThat(knownClosed(sink)).isTrue();
            assertThat(catalog.alerts().open())
                    .anyMatch(alert -> alert.name().equals(AlertName.SINK_STOPPED)
                            && alert.subject().equals("shop/" + table.table() + "/" + sink));
        }));
    }

    @Test
    void aTopicThatWasMadeAnewWhileNoWorkerRanIsSaidHoweverFarItHasGrown() throws Exception {
        send(events.create(key(1), item(1, "first")), events.create(key(2), item(2, "first")));
        awaitAllAt(2);
        application.close();
        makeTheTopicAnew();
        sendMoreThanBefore();
        run();

        awaitSaid();
        for (int id = 3; id <= 100; id++) {
            assertThat(history(id)).isEmpty();
        }
        assertThat(inRedis(1)).isEqualTo("first");

        UUID now;
        try (var admin = admin()) {
            now = TopicIds.of(admin, List.of(table.topic())).get(table.topic());
        }
        for (String sink : SINKS) {
            offsets.beginAnew(
                    sink,
                    Map.of(
                            new TopicPartitionId(table.topic(), 0), 0L,
                            new TopicPartitionId(table.topic(), 1), 0L,
                            new TopicPartitionId(table.topic(), 2), 0L),
                    now);
            catalog.bindingState(table.id(), sink, BindingState.ACTIVE, null);
        }
        awaitAllAt(100);
        for (int id = 1; id <= 100; id++) {
            assertThat(inRedis(id)).isEqualTo("of the new topic");
            assertThat(inElasticsearch(id)).isEqualTo("of the new topic");
            assertThat(history(id)).endsWith("create:of the new topic");
        }
        assertThat(SINKS).allSatisfy(sink -> assertThat(binding(sink)).isEqualTo(BindingState.ACTIVE));
    }

    @Test
    void aTopicThatIsMadeAnewWhileItsRecordsAreDeliveredIsSaid() throws Exception {
        send(events.create(key(1), item(1, "first")));
        awaitAllAt(1);
        makeTheTopicAnew();
        sendMoreThanBefore();
        awaitSaid();
    }

    /** Returns when the sinks were published last, and before that nothing. */
    private Instant published() {
        return sql.queryForList("SELECT published_at FROM millrace.sink WHERE name = 'redis'", Timestamp.class).stream()
                .map(Timestamp::toInstant)
                .findFirst()
                .orElse(Instant.EPOCH);
    }

    @Test
    void tombstonesThatLiveLongerFromNowOnLetNoRewindGoFurtherBackThanTheOldOnesDo() {
        await().until(() -> published().isAfter(Instant.EPOCH));
        Instant before = published();
        application.close();
        run("--millrace.sinks.redis.tombstone-ttl=30d");
        try {
            await().until(() -> published().isAfter(before));
            assertThat(catalog.sinks().stream()
                            .filter(sink -> sink.name().equals("redis"))
                            .map(sink -> sink.memory().time()))
                    .containsExactly(Duration.ofDays(8));
        } finally {
            application.close();
            run();
        }
    }
}
