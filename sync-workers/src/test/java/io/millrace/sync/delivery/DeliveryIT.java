package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.event.ChangeEvent;
import io.millrace.localstack.Service;
import io.millrace.sync.SyncWorkersApplication;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;

class DeliveryIT extends DeliveryScenario {

    private static final Set<String> SINKS = Set.of("elasticsearch", "redis", "audit");

    DeliveryIT() {
        super("delivery", SyncWorkersApplication.class, SINKS);
    }

    @Test
    void changesReachAllSinksInOrder() throws Exception {
        ChangeEvent created = events.create(key(1), item(1, "first"));
        ChangeEvent updated = events.update(key(1), item(1, "first"), item(1, "second"));
        send(created, updated, events.create(key(2), item(2, "two")), events.delete(key(2)));
        await().untilAsserted(() -> {
            assertThat(history(1)).containsExactly("create:first", "update:second");
            assertThat(history(2)).containsExactly("create:two", "delete:");
            assertThat(inElasticsearch(1)).isEqualTo("second");
            assertThat(inRedis(1)).isEqualTo("second");
        });
        assertThat(inElasticsearch(2)).isNull();
        assertThat(inRedis(2)).isNull();
        SINKS.forEach(sink -> await().untilAsserted(() -> assertThat(next(sink)).isEqualTo(4)));
    }

    @Test
    void consumerGroupsOffsetsFollowTheStoredOnes() throws Exception {
        for (int id = 1; id <= 12; id++) {
            send(events.create(key(id), item(id, "a")));
        }
        try (Admin admin = admin()) {
            for (String sink : SINKS) {
                await().untilAsserted(() -> {
                    assertThat(next(sink)).isEqualTo(12);
                    assertThat(committed(admin, sink)).isEqualTo(stored(sink));
                });
            }
        }
    }

    /** Offsets of the table's partitions that are beyond nothing, as the platform database has them. */
    private Map<Integer, Long> stored(String sink) {
        return offsets.deliveries(sink).stream()
                .filter(offset -> offset.topic().equals(table.topic()) && offset.nextOffset() > 0)
                .collect(Collectors.toMap(DeliveryOffset::partition, DeliveryOffset::nextOffset));
    }

    /** The same as Kafka's tools see them. */
    private Map<Integer, Long> committed(Admin admin, String sink) throws Exception {
        return admin
                .listConsumerGroupOffsets("delivery." + sink)
                .partitionsToOffsetAndMetadata()
                .get()
                .entrySet()
                .stream()
                .filter(entry -> entry.getKey().topic().equals(table.topic()))
                .collect(Collectors.toMap(entry -> entry.getKey().partition(), entry -> entry.getValue()
                        .offset()));
    }

    @Test
    void newTablesTopicIsPickedUpWhileAnotherFlows() throws Exception {
        send(events.create(key(1), item(1, "first")));
        await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("first"));
        ownTable();
        send(events.create(key(1), item(1, "in the new table")));
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("in the new table"));
    }

    @Test
    void rejectedRecordsBecomeDeadLettersAndTheRestGoesOn() throws Exception {
        ChangeEvent bad = events.create(key(5), "{\"id\":\"not a number\",\"name\":\"\\ud800\"}");
        send(events.create(key(1), item(1, "before")), bad, events.create(key(2), item(2, "after")));
        producer.send(new ProducerRecord<>(table.topic(), 0, null, "no event".getBytes()))
                .get();
        producer.send(new ProducerRecord<>(table.topic(), 0, key(9).getBytes(), null))
                .get();
        await().untilAsserted(() -> {
            assertThat(history(1)).containsExactly("create:before");
            assertThat(history(2)).containsExactly("create:after");
            assertThat(inElasticsearch(2)).isEqualTo("after");
            SINKS.forEach(sink -> assertThat(next(sink)).isEqualTo(5));
        });
        assertThat(sql.queryForList(
                        "SELECT sink || ':' || coalesce(key->>'id', 'malformed') FROM millrace.dead_letter WHERE topic = ?",
                        String.class,
                        table.topic()))
                .containsExactlyInAnyOrder(
                        "elasticsearch:5", "audit:5", "elasticsearch:malformed", "redis:malformed", "audit:malformed");
        try (Admin admin = admin()) {
            assertThat(admin.listTopics().names().get()).contains(table.topic() + ".audit.dlt");
        }
    }

    @Test
    void sinkThatIsDownIsWaitedForWhileTheOthersGoOn() throws Exception {
        send(events.create(key(1), item(1, "before")));
        await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("before"));
        stack.stop(Service.REDIS);
        try {
            send(events.update(key(1), item(1, "before"), item(1, "during")));
            await().untilAsserted(() -> {
                assertThat(inElasticsearch(1)).isEqualTo("during");
                assertThat(history(1)).hasSize(2);
                assertThat(offsets.deliveries("redis")).anySatisfy(offset -> {
                    assertThat(offset.topic()).isEqualTo(table.topic());
                    assertThat(offset.waitingFor()).contains("Redis at localhost");
                    assertThat(offset.waitingSince()).isNotNull();
                });
            });
            assertThat(health("redis")).isEqualTo(Status.DOWN);
        } finally {
            stack.start(Service.REDIS);
        }
        await().untilAsserted(() -> {
            assertThat(inRedis(1)).isEqualTo("during");
            assertThat(next("redis")).isEqualTo(2);
            assertThat(health("redis")).isEqualTo(Status.UP);
        });
    }

    /** Who waits for a sink goes on polling: otherwise Kafka would take the partitions away, and give them back, again and again. */
    @Test
    void anOutageLongerThanTheTimeBetweenPollsTakesNoPartitionAway() throws Exception {
        application.close();
        run("--spring.kafka.consumer.properties.max.poll.interval.ms=3000");
        send(events.create(key(1), item(1, "before")));
        await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("before"));
        try (Admin admin = admin()) {
            Set<String> members = members(admin, "redis");
            stack.stop(Service.REDIS);
            try {
                send(events.update(key(1), item(1, "before"), item(1, "during")));
                Instant outage = Instant.now();
                await().until(() -> offsets.deliveries("redis").stream()
                        .filter(offset -> offset.topic().equals(table.topic()))
                        .anyMatch(offset ->
                                offset.waitingSince() != null && Instant.now().isAfter(outage.plusSeconds(8))));
            } finally {
                stack.start(Service.REDIS);
            }
            await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("during"));
            assertThat(members(admin, "redis")).isEqualTo(members).isNotEmpty();
        }
        application.close();
        run();
    }

    /** Whoever lost its partitions comes back under another id. */
    private static Set<String> members(Admin admin, String sink) throws Exception {
        String group = "delivery." + sink;
        return admin.describeConsumerGroups(List.of(group)).describedGroups().get(group).get().members().stream()
                .map(MemberDescription::consumerId)
                .collect(Collectors.toSet());
    }

    @Test
    void pausedBindingWaitsAndGoesOnWhereItStopped() throws Exception {
        send(events.create(key(1), item(1, "before")));
        await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("before"));
        catalog.bindingState(table.id(), "redis", BindingState.PAUSED, null);
        await().until(() -> knownClosed("redis"));
        send(events.update(key(1), item(1, "before"), item(1, "while paused")));
        await().untilAsserted(() -> assertThat(inElasticsearch(1)).isEqualTo("while paused"));
        assertThat(inRedis(1)).isEqualTo("before");
        catalog.bindingState(table.id(), "redis", BindingState.ACTIVE, null);
        await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("while paused"));
    }

    @Test
    void restartContinuesAtTheStoredOffset() throws Exception {
        send(events.create(key(1), item(1, "first")), events.create(key(2), item(2, "two")));
        await().untilAsserted(() -> SINKS.forEach(sink -> assertThat(next(sink)).isEqualTo(2)));
        application.close();
        send(events.update(key(1), item(1, "first"), item(1, "while down")));
        run();
        await().untilAsserted(() -> {
            assertThat(inRedis(1)).isEqualTo("while down");
            assertThat(inElasticsearch(1)).isEqualTo("while down");
            assertThat(history(1)).containsExactly("create:first", "update:while down");
        });
        await().untilAsserted(() -> SINKS.forEach(sink -> assertThat(next(sink)).isEqualTo(3)));
    }

    @Test
    void whatAStoppedCaptureWritesOnceMoreIsLeftOutAcrossARestartToo() throws Exception {
        ChangeEvent created = events.create(key(1), item(1, "a"));
        ChangeEvent updated = events.update(key(1), item(1, "a"), item(1, "b"));
        ChangeEvent last = events.update(key(1), item(1, "b"), item(1, "c"));
        send(created, updated, created, updated);
        await().untilAsserted(() -> SINKS.forEach(sink -> assertThat(next(sink)).isEqualTo(4)));
        application.close();
        run();
        send(updated, last, created, updated, last);
        await().untilAsserted(() -> SINKS.forEach(sink -> assertThat(next(sink)).isEqualTo(9)));
        assertThat(history(1)).containsExactly("create:a", "update:b", "update:c");
        assertThat(inRedis(1)).isEqualTo("c");
        assertThat(inElasticsearch(1)).isEqualTo("c");
    }

    @Test
    void truncateInEveryPartitionIsOneEventOfTheHistory() throws Exception {
        send(events.create(key(1), item(1, "a")), events.create(key(2), item(2, "b")));
        ChangeEvent truncate = events.truncate();
        for (int partition = 0; partition < 3; partition++) {
            producer.send(events.record(truncate, partition)).get();
        }
        send(events.create(key(3), item(3, "c")));
        await().untilAsserted(() -> {
            SINKS.forEach(sink -> assertThat(next(sink)).isEqualTo(6));
            assertThat(inElasticsearch(1)).isNull();
            assertThat(inElasticsearch(3)).isEqualTo("c");
            assertThat(inRedis(2)).isNull();
            assertThat(inRedis(3)).isEqualTo("c");
        });
        assertThat(sql.queryForObject(
                        "SELECT count(*) FROM millrace.change_history WHERE table_name = ? AND operation = 'truncate'",
                        Integer.class,
                        table.table().table()))
                .isEqualTo(1);
    }

    private String cause(String sink) {
        return String.valueOf(application
                .getBean(Deliveries.class)
                .health()
                .get(sink)
                .health()
                .getDetails()
                .get("cause"));
    }

    /** One that takes part in the sinks' group in another way than its consumers can. */
    private KafkaConsumer<byte[], byte[]> stranger(String sink) {
        return new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        stack.kafkaBootstrapServers(),
                        ConsumerConfig.GROUP_ID_CONFIG,
                        "delivery." + sink,
                        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                        RangeAssignor.class.getName()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    @Test
    void aSinkWhosePollsFailIsDownUntilOneSucceeds() throws Exception {
        application.close();
        try (KafkaConsumer<byte[], byte[]> stranger = stranger("redis")) {
            stranger.subscribe(List.of(table.topic()));
            await().until(() -> {
                stranger.poll(Duration.ofMillis(100));
                return !stranger.assignment().isEmpty();
            });
            run();
            send(events.create(key(1), item(1, "meanwhile")));
            await().untilAsserted(() -> {
                stranger.poll(Duration.ofMillis(100));
                assertThat(cause("redis"))
                        .startsWith("Kafka cannot be read for redis; it is tried again until it can: ");
            });
            assertThat(health("redis")).isEqualTo(Status.DOWN);
            await().untilAsserted(() -> assertThat(history(1)).containsExactly("create:meanwhile"));
            assertThat(health("audit")).isEqualTo(Status.UP);
        }
        await().untilAsserted(() -> {
            assertThat(inRedis(1)).isEqualTo("meanwhile");
            assertThat(health("redis")).isEqualTo(Status.UP);
        });
    }

    @Test
    void whileKafkaDoesNotAnswerEverySinkIsDown() throws Exception {
        send(events.create(key(1), item(1, "before")));
        await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("before"));
        stack.stop(Service.KAFKA);
        try {
            await().untilAsserted(() -> SINKS.forEach(
                    sink -> assertThat(cause(sink)).startsWith("Kafka does not answer, nothing can be read: check")));
        } finally {
            stack.start(Service.KAFKA);
        }
        await().untilAsserted(
                        () -> SINKS.forEach(sink -> assertThat(health(sink)).isEqualTo(Status.UP)));
        send(events.update(key(1), null, item(1, "after")));
        await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo("after"));
    }
}
