package io.millrace.sync.sink.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableState;
import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.SyncWorkersApplication;
import io.millrace.sync.fixture.Platform;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.fixture.TestTopics;
import io.millrace.sync.sink.webhook.TestReceiver.Delivery;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

/** Workers, Kafka and a receiver that fails in all its ways: what was accepted is compared with all that was changed. */
@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
@EnabledIfSystemProperty(
        named = "millrace.campaign",
        matches = "true",
        disabledReason = "minutes of workers that are killed and stalled: ./millrace test --campaign")
class WebhookDeliveryIT {

    private static final String DATABASE = "webhook_delivery";
    private static final int ROWS = 40;
    private static final int IN_FLIGHT = 8;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private LocalStack stack;
    private ConfigurableApplicationContext platform;
    private PipelineCatalog catalog;
    private Offsets offsets;
    private KafkaProducer<byte[], byte[]> producer;
    private TestReceiver receiver;
    private CapturedTable table;
    private final List<ChangeEvent> changes = new ArrayList<>();
    private final List<Process> workers = new CopyOnWriteArrayList<>();

    @BeforeAll
    void start(LocalStack shared) {
        stack = shared;
        platform = Platform.catalog(shared, DATABASE);
        catalog = platform.getBean(PipelineCatalog.class);
        offsets = platform.getBean(Offsets.class);
        producer = TestTopics.producer(shared);
        catalog.addSource(Source.of("shop", "localhost", 1, "shop", "nobody", "x", "disable"), "test");
    }

    @AfterAll
    void stop() {
        producer.close();
        platform.close();
    }

    @BeforeEach
    void ownTable() throws Exception {
        receiver = new TestReceiver();
        changes.clear();
        CapturedTable registered = catalog.register(
                TestTables.registration(TestTables.uniqueName("orders"), TestTables.itemColumns(), Set.of("webhook")));
        TestTopics.create(stack, registered.topic(), 3);
        catalog.tableState(registered.id(), TableState.STREAMING, null);
        table = catalog.table(registered.id()).orElseThrow();
    }

    @AfterEach
    void stopWorkers() throws Exception {
        for (Process worker : workers) {
            worker.destroyForcibly().waitFor();
        }
        workers.clear();
        receiver.close();
        catalog.removeTable(table.id());
    }

    /** Inserts, updates and deletes of all rows, mixed. */
    private void change(int count) throws Exception {
        TestEvents events = new TestEvents(table);
        Random random = new Random(7);
        Set<Integer> present = new HashSet<>();
        List<Future<?>> sent = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int id = random.nextInt(ROWS);
            String key = "{\"id\":" + id + "}";
            String row = "{\"id\":" + id + ",\"name\":\"" + i + "\",\"amount\":\"1.50\",\"note\":\"n\",\"data\":null}";
            ChangeEvent event;
            if (present.add(id)) {
                event = events.create(key, row);
            } else if (random.nextInt(5) == 0) {
                present.remove(id);
                event = events.delete(key);
            } else {
                event = events.update(key, null, row);
            }
            changes.add(event);
            sent.add(producer.send(events.record(event, null)));
        }
        for (Future<?> one : sent) {
            one.get();
        }
    }

    private List<String> arguments() {
        return List.of(
                "--spring.datasource.url=" + stack.postgresJdbcUrl(DATABASE),
                "--spring.datasource.username=" + LocalStack.POSTGRES_USER,
                "--spring.datasource.password=" + LocalStack.POSTGRES_PASSWORD,
                "--spring.kafka.bootstrap-servers=" + stack.kafkaBootstrapServers(),
                "--spring.main.web-application-type=none",
                "--millrace.catalog.secret=only-for-tests",
                "--millrace.sinks.elasticsearch.enabled=false",
                "--millrace.sinks.redis.enabled=false",
                "--millrace.sinks.audit.enabled=false",
                "--millrace.sync.delivery.backoff-max=300ms",
                "--millrace.sinks.webhook.url=" + receiver.url(),
                "--millrace.sinks.webhook.secret=" + TestReceiver.SECRET,
                "--millrace.sinks.webhook.allowed-addresses=127.0.0.1",
                "--millrace.sinks.webhook.max-in-flight=" + IN_FLIGHT,
                "--millrace.sinks.webhook.connect-timeout=1s",
                "--millrace.sinks.webhook.request-timeout=3s");
    }

    private Process worker() throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                SyncWorkersApplication.class.getName()));
        command.addAll(arguments());
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(Path.of("target", "webhook-worker-" + (workers.size() + 1) + ".log")
                        .toFile())
                .start();
        workers.add(process);
        return process;
    }

    private static void kill(Process worker) {
        try {
            worker.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void awaitAll() {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(offsets.deliveries("webhook").stream()
                        .filter(offset -> offset.topic().equals(table.topic()))
                        .mapToLong(DeliveryOffset::nextOffset)
                        .sum())
                .isEqualTo(changes.size()));
    }

    private static String state(ChangeEvent event) {
        return event.eventId() + " " + event.operation().code() + " "
                + (event.after() == null ? "gone" : event.after().json("name"));
    }

    private static String state(Delivery delivery) {
        return delivery.id() + " " + delivery.data().path("op").asString() + " "
                + (delivery.data().path("after").isNull()
                        ? "gone"
                        : delivery.data().path("after").path("name").toString());
    }

    /** Every change of every row in its order: of the source, and as the receiver took them. */
    private void compare(List<Delivery> accepted) {
        Map<String, List<String>> wanted = new LinkedHashMap<>();
        for (ChangeEvent event : changes) {
            String row = "public." + table.table().table() + "/" + event.key().encoded();
            wanted.computeIfAbsent(row, key -> new ArrayList<>()).add(state(event));
        }
        Map<String, List<String>> found = new LinkedHashMap<>();
        for (Delivery delivery : accepted) {
            found.computeIfAbsent(delivery.key(), key -> new ArrayList<>()).add(state(delivery));
        }
        assertThat(found).isEqualTo(wanted);
        assertThat(receiver.faults()).isEmpty();
    }

    @Test
    void everyChangeIsAcceptedOnceAndInOrderWhateverTheReceiverDoes() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        CountDownLatch end = new CountDownLatch(1);
        receiver.answers(delivery -> switch (requests.incrementAndGet() % 97) {
            case 13, 14 -> TestReceiver.status(500);
            case 31 -> TestReceiver.status(429, "Retry-After", "1");
            case 47 -> TestReceiver.RESET;
            case 61 -> requests.get() < 97 ? TestReceiver.hang(end) : TestReceiver.status(502);
            case 79 -> TestReceiver.ACCEPT_THEN_CUT;
            default -> TestReceiver.ACCEPT;
        });
        change(600);
        worker();
        awaitAll();
        end.countDown();
        compare(receiver.accepted());
        assertThat(receiver.attempts()).hasSizeGreaterThan(receiver.accepted().size());
    }

    @Test
    void workerThatIsKilledWhileItSendsHasNothingAcceptedTwice() throws Exception {
        change(400);
        for (int killAt : List.of(60, 170)) {
            Process worker = worker();
            AtomicInteger left = new AtomicInteger(killAt - receiver.accepted().size());
            AtomicInteger held = new AtomicInteger();
            CountDownLatch dead = new CountDownLatch(1);
            // what comes from then on is not answered, and so not accepted
            receiver.answers(delivery -> {
                if (left.getAndDecrement() > 0) {
                    return TestReceiver.ACCEPT;
                }
                held.incrementAndGet();
                return TestReceiver.hang(dead);
            });
            // what was accepted is noted with the claim of what comes next; a kill before that is another test's
            await().atMost(PATIENCE)
                    .until(() -> held.get() > 0
                            && receiver.accepted().size() == killAt
                            && areMarked(receiver.acceptedIds()));
            kill(worker);
            dead.countDown();
        }
        receiver.answers(delivery -> TestReceiver.ACCEPT);
        worker();
        awaitAll();
        compare(receiver.accepted());
    }

    private boolean areMarked(List<String> ids) {
        Long marked = platform.getBean(JdbcTemplate.class)
                .queryForObject(
                        "SELECT count(*) FROM millrace.deduplication WHERE accepted_at IS NOT NULL AND event_id = ANY (?)",
                        Long.class,
                        (Object) ids.toArray(String[]::new));
        return marked == ids.size();
    }

    @Test
    void workerThatIsKilledBetweenAnswerAndMarkSendsTheLastOfARowAgainUnderTheSameId() throws Exception {
        change(400);
        Process worker = worker();
        Set<String> inDoubt = java.util.concurrent.ConcurrentHashMap.newKeySet();
        CountDownLatch dead = new CountDownLatch(1);
        receiver.answers(delivery -> {
            if (receiver.accepted().size() < 100) {
                return TestReceiver.ACCEPT;
            }
            inDoubt.add(delivery.id());
            // kept by the receiver, whose answer does not reach the worker any more
            return new TestReceiver.Script(true, exchange -> dead.await());
        });
        await().atMost(PATIENCE).until(() -> !inDoubt.isEmpty());
        kill(worker);
        Set<String> doubtful = new LinkedHashSet<>(inDoubt);
        receiver.answers(delivery -> TestReceiver.ACCEPT);
        dead.countDown();
        worker();
        awaitAll();

        List<String> twice = compareWithoutRepeats();
        // besides, at most what had been answered and was being noted
        assertThat(twice).containsAll(doubtful).doesNotHaveDuplicates().hasSizeLessThanOrEqualTo(IN_FLIGHT);
    }

    /** Compares what a receiver has that drops what comes again under the same id; returns the ids that came again. */
    private List<String> compareWithoutRepeats() {
        List<Delivery> once = new ArrayList<>();
        List<String> again = new ArrayList<>();
        Map<String, String> lastOfRow = new LinkedHashMap<>();
        Set<String> seen = new HashSet<>();
        for (Delivery delivery : receiver.accepted()) {
            if (seen.add(delivery.id())) {
                once.add(delivery);
                lastOfRow.put(delivery.key(), delivery.id());
            } else {
                again.add(delivery.id());
                assertThat(delivery.id()).as("nothing older comes back").isEqualTo(lastOfRow.get(delivery.key()));
            }
        }
        compare(once);
        return again;
    }

    @Test
    void tableWhoseWorkerStallsIsTakenOverAndTheStalledOneSendsNothingOld() throws Exception {
        change(400);
        Process stalled = worker();
        receiver.answers(delivery -> TestReceiver.ACCEPT);
        await().atMost(PATIENCE).until(() -> receiver.accepted().size() > 20);
        signal(stalled, "STOP");
        Process other = worker();
        await().atMost(PATIENCE).until(() -> receiver.accepted().size() > 300);
        signal(stalled, "CONT");
        awaitAll();
        assertThat(stalled.isAlive() && other.isAlive()).isTrue();
        // only what was on its way when it stalled
        assertThat(compareWithoutRepeats()).doesNotHaveDuplicates().hasSizeLessThanOrEqualTo(IN_FLIGHT);
    }

    private static void signal(Process process, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void refusedChangesBecomeDeadLettersBehindWhichTheirRowsWaitWhileOthersGoOn() throws Exception {
        change(200);
        Set<String> refused = new HashSet<>();
        Set<String> rows = new HashSet<>();
        List<String> behind = new ArrayList<>();
        for (int i = 0; i < changes.size(); i++) {
            ChangeEvent event = changes.get(i);
            if (rows.contains(event.key().json())) {
                behind.add(event.eventId());
            } else if (i >= 20 && rows.size() < 3) {
                rows.add(event.key().json());
                refused.add(event.eventId());
            }
        }
        receiver.answers(delivery -> refused.contains(delivery.id()) ? TestReceiver.status(400) : TestReceiver.ACCEPT);
        worker();
        awaitAll();
        assertThat(letters("OPEN")).containsExactlyInAnyOrderElementsOf(refused);
        assertThat(letters("WAITING"))
                .containsExactlyInAnyOrderElementsOf(behind)
                .isNotEmpty();
        JdbcTemplate sql = platform.getBean(JdbcTemplate.class);
        assertThat(sql.queryForList(
                        "SELECT DISTINCT cause FROM millrace.dead_letter WHERE topic = ? AND state = 'OPEN'",
                        String.class,
                        table.topic()))
                .containsExactly("http://127.0.0.1:" + receiver.port() + " answered 400");
        assertThat(receiver.attempts())
                .as("a refused change is asked for once, what is behind it not at all")
                .hasSize(changes.size() - behind.size());

        receiver.answers(delivery -> TestReceiver.ACCEPT);
        sql.update(
                "UPDATE millrace.dead_letter SET state = 'RETRYING', decided_by = 'test', decided_at = now(), reason = 'mended'"
                        + " WHERE topic = ? AND state = 'OPEN'",
                table.topic());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(letters("RETRIED")).hasSize(refused.size() + behind.size()));
        compare(receiver.accepted());
    }

    private List<String> letters(String state) {
        return platform.getBean(JdbcTemplate.class)
                .queryForList(
                        "SELECT event_id FROM millrace.dead_letter WHERE topic = ? AND sink = 'webhook' AND state = ?",
                        String.class,
                        table.topic(),
                        state);
    }
}
