package io.millrace.sync.deduplication;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.Platform;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Memory;
import java.sql.Connection;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
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
    private DeduplicationDays days;

    @BeforeAll
    void connect(LocalStack shared) {
        stack = shared;
        platform = Platform.catalog(shared, "deduplication");
        sql = platform.getBean(JdbcTemplate.class);
        days = new DeduplicationDays(sql, Duration.ofDays(8));
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

    private Marks marks(String consumer, String holder, Duration lease) {
        return new Marks(platform.getBean(DataSource.class), consumer, holder, lease);
    }

    private static Mark mark(String id) {
        return new Mark(id, Instant.now().truncatedTo(ChronoUnit.MILLIS));
    }

    @Test
    void whatTookPlaceIsKnownToItsConsumerOnlyAndLiesInItsDay() {
        days.care(Instant.now());
        Marks webhook = marks("webhook", "one", Duration.ofMinutes(1));
        Mark a = mark("a");
        Mark b = mark("b");
        webhook.store(List.of(a, b), List.of());
        webhook.store(List.of(b), List.of());
        assertThat(webhook.accepted(List.of(a, b, mark("c")))).containsExactlyInAnyOrder("a", "b");
        assertThat(marks("another", "one", Duration.ofMinutes(1)).accepted(List.of(a)))
                .isEmpty();
        String today =
                Instant.now().atZone(ZoneOffset.UTC).toLocalDate().toString().replace('-', '_');
        assertThat(sql.queryForList(
                        "SELECT DISTINCT tableoid::regclass::text FROM millrace.deduplication", String.class))
                .containsExactly("millrace.deduplication_" + today);
    }

    @Test
    void anEventThatWasCapturedOnceMoreIsKnownWhereAllDaysAreAsked() {
        days.care(Instant.now());
        Marks webhook = marks("webhook", "one", Duration.ofMinutes(1));
        Mark first = new Mark(
                "captured twice", Instant.now().minus(Duration.ofDays(1)).truncatedTo(ChronoUnit.MILLIS));
        Mark again = mark("captured twice");
        webhook.store(List.of(first), List.of());
        assertThat(webhook.accepted(List.of(again))).isEmpty();
        assertThat(webhook.acceptedEver(List.of(again, mark("other")))).containsExactly("captured twice");
        webhook.store(List.of(again), List.of());
        assertThat(webhook.acceptedEver(List.of(first, again))).containsExactly("captured twice");
        assertThat(marks("another", "one", Duration.ofMinutes(1)).acceptedEver(List.of(again)))
                .isEmpty();
    }

    @Test
    void aRetentionThatIsRaisedDoesNotClaimToKnowWhatWasForgotten() {
        sql.update("DELETE FROM millrace.deduplication_forgotten");
        DataSource platformDatabase = platform.getBean(DataSource.class);
        Deduplication longer = new Deduplication(platformDatabase, Duration.ofDays(30));
        Instant now = Instant.now();
        assertThat(Duration.between(longer.since(), now)).isCloseTo(Duration.ofDays(30), Duration.ofMinutes(1));
        days.care(now);
        assertThat(Duration.between(longer.since(), now)).isCloseTo(Duration.ofDays(8), Duration.ofMinutes(1));
        assertThat(longer.memory())
                .isEqualTo(new Memory(Duration.ofDays(8), "effects", "millrace.sync.deduplication.retention"));
        // it grows until it is what the setting says
        days.care(now.minus(Duration.ofDays(1)));
        assertThat(Duration.between(longer.since(), now)).isCloseTo(Duration.ofDays(8), Duration.ofMinutes(1));
        assertThat(Duration.between(new Deduplication(platformDatabase, Duration.ofDays(1)).since(), now))
                .isCloseTo(Duration.ofDays(1), Duration.ofMinutes(1));
    }

    private Duration remembered(int days) {
        Memory set = new Memory(Duration.ofDays(days), "deleted rows", "millrace.sinks.redis.tombstone-ttl");
        return new StateMemories(sql).of("redis", set).time();
    }

    private void pass(int days) {
        sql.update("UPDATE millrace.sink_memory SET raised_at = raised_at - make_interval(days => ?)", days);
    }

    @Test
    void aStateThatIsRememberedForLongerFromNowOnIsNotSaidToHaveBeenBefore() {
        assertThat(remembered(8)).isEqualTo(Duration.ofDays(8));
        assertThat(remembered(30)).isEqualTo(Duration.ofDays(8));
        pass(5);
        assertThat(remembered(30))
                .as("what was deleted 8 days before is forgotten now")
                .isEqualTo(Duration.ofDays(8));
        pass(5);
        assertThat(remembered(30)).as("what was deleted since is not").isEqualTo(Duration.ofDays(10));
        // raised once more, and what was remembered for longer already stays so
        assertThat(remembered(40)).isEqualTo(Duration.ofDays(10));
        pass(9);
        assertThat(remembered(40)).isEqualTo(Duration.ofDays(10));
        pass(50);
        assertThat(remembered(40)).isEqualTo(Duration.ofDays(40));
        // lowered at once, also where another worker is still set to more
        assertThat(remembered(2)).isEqualTo(Duration.ofDays(2));
        assertThat(remembered(40)).isEqualTo(Duration.ofDays(2));
        assertThat(remembered(2)).isEqualTo(Duration.ofDays(2));
    }

    @Test
    void aClaimBindsOthersUntilItIsOlderThanAnyTry() {
        Mark event = mark("claimed");
        Marks one = marks("webhook", "one", Duration.ofMinutes(1));
        Marks other = marks("webhook", "other", Duration.ofMinutes(1));
        assertThat(one.store(List.of(), List.of(event)).verdicts()).containsEntry(event, Verdict.FIRST);
        assertThat(other.store(List.of(), List.of(event)).verdicts()).containsEntry(event, Verdict.HELD);
        assertThat(one.store(List.of(), List.of(event)).verdicts()).containsEntry(event, Verdict.AGAIN);
        sql.update("UPDATE millrace.deduplication SET claimed_at = now() - interval '61 seconds'");
        assertThat(other.store(List.of(), List.of(event)).verdicts()).containsEntry(event, Verdict.AGAIN);
        assertThat(one.store(List.of(), List.of(event)).verdicts()).containsEntry(event, Verdict.HELD);
        // it came through after all: whoever says so is right
        one.store(List.of(event), List.of());
        assertThat(other.store(List.of(), List.of(event)).verdicts()).containsEntry(event, Verdict.DONE);
    }

    /** Else it could send the next change while the other repeats this one. */
    @Test
    void whoWasTakenOverDoesNotGoOnWithTheRow() {
        Mark first = mark("first");
        Mark next = mark("next");
        Marks other = marks("webhook", "other", Duration.ofMinutes(1));
        GatheringGuard stalled = new GatheringGuard("webhook", marks("webhook", "stalled", Duration.ofMinutes(1)));
        try {
            assertThat(stalled.pass(null, first)).isEqualTo(Verdict.FIRST);
            sql.update("UPDATE millrace.deduplication SET claimed_at = now() - interval '61 seconds'");
            assertThat(other.store(List.of(), List.of(first)).verdicts()).containsEntry(first, Verdict.AGAIN);
            assertThat(stalled.pass(first, next)).isEqualTo(Verdict.HELD);
            assertThat(other.accepted(List.of(first, next))).containsExactly("first");
        } finally {
            stalled.close();
        }
    }

    @Test
    void daysThatMayBeForgottenAreDroppedAndOthersStay() {
        partitions().forEach(name -> sql.execute("DROP TABLE " + name));
        for (int day = 0; day < 12; day++) {
            days.care(NOW.plus(Duration.ofDays(day)));
        }
        assertThat(partitions())
                .hasSize(8 + 1 + 2)
                .startsWith("millrace.deduplication_2026_03_13")
                .endsWith("millrace.deduplication_2026_03_23");

        // what an earlier fault left in the default partition is forgotten too
        partitions().forEach(name -> sql.execute("DROP TABLE " + name));
        for (int age : new int[] {7, 9}) {
            sql.update(
                    "INSERT INTO millrace.deduplication (consumer, event_id, seen_at) VALUES ('webhook', ?, ?)",
                    "age " + age,
                    Timestamp.from(NOW.minus(Duration.ofDays(age))));
        }
        // captured long ago and delivered today: its offset may not have been passed yet
        sql.update(
                "INSERT INTO millrace.deduplication (consumer, event_id, seen_at, accepted_at) VALUES ('webhook', 'late', ?, ?)",
                Timestamp.from(NOW.minus(Duration.ofDays(30))),
                Timestamp.from(NOW.minus(Duration.ofHours(1))));
        days.care(NOW);
        assertThat(sql.queryForList("SELECT event_id FROM millrace.deduplication", String.class))
                .containsExactlyInAnyOrder("age 7", "late");
    }

    @Test
    @Timeout(60)
    void partitionsAreChangedLaterWhereSomebodyReadsTheTable() throws Exception {
        days.care(NOW);
        Instant later = NOW.plus(Duration.ofDays(30));
        List<String> before = partitions();
        // the running application makes those of the present days
        List<String> old = before.stream()
                .filter(name -> name.compareTo("millrace.deduplication_"
                                + later.toString().substring(0, 10).replace('-', '_'))
                        < 0)
                .toList();
        assertThat(old).hasSize(3);
        try (Connection reader = platform.getBean(DataSource.class).getConnection()) {
            reader.setAutoCommit(false);
            try (Statement statement = reader.createStatement()) {
                statement.execute("SELECT count(*) FROM millrace.deduplication");
            }
            days.care(later);
            assertThat(partitions()).as("while it is read").isEqualTo(before);
            reader.rollback();
        }
        days.care(later);
        assertThat(partitions()).doesNotContainAnyElementsOf(old).hasSameSizeAs(before);
    }

    @Test
    void aTopicThatKeepsRecordsForLongerThanASinkRemembersIsAFinding() throws Exception {
        String kept = TestTables.uniqueName("kept");
        String fine = TestTables.uniqueName("fine");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", stack.kafkaBootstrapServers()))) {
            admin.createTopics(List.of(
                            new NewTopic(kept, 1, (short) 1).configs(Map.of("retention.ms", "-1")),
                            new NewTopic(fine, 1, (short) 1).configs(Map.of("retention.ms", "86400000"))))
                    .all()
                    .get();
        }
        RetentionCheck check = new RetentionCheck(sql, Map.of("bootstrap.servers", stack.kafkaBootstrapServers()));
        Memory memory = new Memory(Duration.ofDays(8), "deleted rows", "millrace.sinks.redis.tombstone-ttl");
        check.look("redis", memory, List.of(kept, fine));
        assertThat(sql.queryForList("SELECT topic || ' ' || message FROM millrace.delivery_finding", String.class))
                .singleElement()
                .asString()
                .startsWith(kept)
                .contains("for ever")
                .contains("192 h")
                .contains("deleted rows of redis")
                .contains("millrace.sinks.redis.tombstone-ttl");

        check.look("redis", memory, List.of(fine));
        assertThat(sql.queryForList("SELECT topic FROM millrace.delivery_finding", String.class))
                .isEmpty();
    }
}
