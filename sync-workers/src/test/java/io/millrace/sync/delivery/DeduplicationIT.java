package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.Platform;
import io.millrace.sync.fixture.TestTables;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
class DeduplicationIT {

    private static final Instant NOW = Instant.parse("2026-03-10T12:00:00Z");

    private LocalStack stack;
    private ConfigurableApplicationContext platform;
    private JdbcTemplate sql;
    private JdbcDeduplication deduplication;

    @BeforeAll
    void connect(LocalStack shared) {
        stack = shared;
        platform = Platform.catalog(shared, "deduplication");
        sql = platform.getBean(JdbcTemplate.class);
        deduplication = new JdbcDeduplication(sql, Duration.ofDays(8));
    }

    @AfterAll
    void disconnect() {
        platform.close();
    }

    @BeforeEach
    void empty() {
        sql.update("TRUNCATE millrace.deduplication");
        sql.update("DELETE FROM millrace.delivery_finding");
    }

    private List<String> partitions() {
        return sql.queryForList(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'millrace.deduplication'::regclass"
                        + " AND inhrelid <> 'millrace.deduplication_default'::regclass ORDER BY 1",
                String.class);
    }

    @Test
    void whatWasNotedIsSeenByItsConsumerOnly() throws Exception {
        deduplication.care(Instant.now());
        deduplication.note("webhook", List.of("a", "b"));
        deduplication.note("webhook", List.of("b"));
        assertThat(deduplication.seen("webhook", List.of("a", "b", "c"))).containsExactlyInAnyOrder("a", "b");
        assertThat(deduplication.seen("another", List.of("a"))).isEmpty();
        String today =
                Instant.now().atZone(ZoneOffset.UTC).toLocalDate().toString().replace('-', '_');
        assertThat(sql.queryForList(
                        "SELECT DISTINCT tableoid::regclass::text FROM millrace.deduplication", String.class))
                .containsExactly("millrace.deduplication_" + today);
    }

    @Test
    void daysThatMayBeForgottenAreDroppedAndOthersStay() throws Exception {
        partitions().forEach(name -> sql.execute("DROP TABLE " + name));
        for (int day = 0; day < 12; day++) {
            deduplication.care(NOW.plus(Duration.ofDays(day)));
        }
        assertThat(partitions())
                .hasSize(8 + 1 + 2)
                .startsWith("millrace.deduplication_2026_03_13")
                .endsWith("millrace.deduplication_2026_03_23");

        // what an earlier fault left in the default partition is forgotten too
        partitions().forEach(name -> sql.execute("DROP TABLE " + name));
        for (int age : new int[] {7, 9}) {
            sql.update(
                    "INSERT INTO millrace.deduplication VALUES ('webhook', ?, ?)",
                    "age " + age,
                    Timestamp.from(NOW.minus(Duration.ofDays(age))));
        }
        deduplication.care(NOW);
        assertThat(deduplication.seen("webhook", List.of("age 7", "age 9"))).containsExactly("age 7");
    }

    @Test
    void aTopicThatKeepsRecordsForLongerThanEffectsAreRememberedIsAFinding() throws Exception {
        String kept = TestTables.uniqueName("kept");
        String fine = TestTables.uniqueName("fine");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", stack.kafkaBootstrapServers()))) {
            admin.createTopics(List.of(
                            new NewTopic(kept, 1, (short) 1).configs(Map.of("retention.ms", "-1")),
                            new NewTopic(fine, 1, (short) 1).configs(Map.of("retention.ms", "86400000"))))
                    .all()
                    .get();
        }
        RetentionCheck check =
                new RetentionCheck(sql, Map.of("bootstrap.servers", stack.kafkaBootstrapServers()), Duration.ofDays(8));
        check.look("webhook", List.of(kept, fine));
        assertThat(sql.queryForList("SELECT topic || ' ' || message FROM millrace.delivery_finding", String.class))
                .singleElement()
                .asString()
                .startsWith(kept)
                .contains("for ever")
                .contains("192 h")
                .contains("millrace.sync.deduplication.retention");

        new RetentionCheck(sql, Map.of("bootstrap.servers", stack.kafkaBootstrapServers()), Duration.ofDays(8))
                .look("webhook", List.of(fine));
        assertThat(sql.queryForList("SELECT topic FROM millrace.delivery_finding", String.class))
                .isEmpty();
    }
}
