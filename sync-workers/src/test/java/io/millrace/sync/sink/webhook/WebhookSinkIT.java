package io.millrace.sync.sink.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import io.millrace.localstack.Service;
import io.millrace.sync.deduplication.Deduplication;
import io.millrace.sync.deduplication.TestDeduplication;
import io.millrace.sync.delivery.TestDelivery;
import io.millrace.sync.fixture.Platform;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.sink.EffectSink;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkContractTests;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.webhook.TestReceiver.Delivery;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.context.ConfigurableApplicationContext;

class WebhookSinkIT extends SinkContractTests {

    private ConfigurableApplicationContext platform;
    private TestReceiver receiver;
    private WebhookSink webhook;
    private Sink sink;
    private final List<Deduplication> workers = new ArrayList<>();

    @BeforeAll
    void connect() {
        platform = Platform.catalog(stack(), "webhook_sink");
        receiver = new TestReceiver();
        webhook = sink(Map.of());
        sink = ofWorker(webhook);
    }

    /** Returns the sink as delivery in a worker of its own uses it. */
    private Sink ofWorker(WebhookSink one) {
        Deduplication deduplication = TestDeduplication.on(platform.getBean(DataSource.class));
        workers.add(deduplication);
        return TestDelivery.guarded(one, deduplication);
    }

    private WebhookSink sink(Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "url", receiver.url(),
                "secret", TestReceiver.SECRET,
                "allowed-addresses", "127.0.0.1/32",
                "max-in-flight", "4",
                "request-timeout", "1s",
                "connect-timeout", "500ms"));
        settings.putAll(more);
        WebhookSinkProperties properties =
                new Binder(new MapConfigurationPropertySource(settings)).bindOrCreate("", WebhookSinkProperties.class);
        return WebhookSinkConfiguration.sink(properties.targets().get(0), properties, new SimpleMeterRegistry());
    }

    @AfterAll
    void disconnect() throws Exception {
        webhook.close();
        workers.forEach(Deduplication::close);
        receiver.close();
        platform.close();
    }

    @AfterEach
    void nothingThatNoReceiverShouldSee() {
        receiver.answers(delivery -> TestReceiver.ACCEPT);
        assertThat(receiver.faults()).isEmpty();
        assertThat(receiver.acceptedIds()).doesNotHaveDuplicates();
        receiver.forget();
    }

    @Override
    protected Sink sink() {
        return sink;
    }

    /** The row as a receiver that goes by the sequence has it. */
    @Override
    protected Optional<String> row(CapturedTable table, RowKey key) {
        String name = table.table().schema() + "." + table.table().table();
        String row = name + "/" + key.encoded();
        return receiver.accepted().stream()
                .filter(delivery -> delivery.key().equals(row) || delivery.key().equals(name))
                .max(Comparator.comparing(Delivery::sequence))
                .map(delivery -> delivery.data().path("after"))
                .filter(after -> after.isObject())
                .map(Object::toString);
    }

    @Override
    protected ChangeEvent poison(CapturedTable table, TestEvents events) {
        ChangeEvent poison = events.create(key(9), item(9, "poison"));
        receiver.answers(refusing(poison));
        return poison;
    }

    private static Function<Delivery, TestReceiver.Script> refusing(ChangeEvent poison) {
        return delivery -> delivery.id().equals(poison.eventId()) ? TestReceiver.status(422) : TestReceiver.ACCEPT;
    }

    @Override
    protected Service service() {
        return Service.POSTGRESQL;
    }

    /** Returns in what words a change failed. */
    private String failed(ErrorCategory category, ChangeEvent change) {
        try {
            List<Failure> failures = write(change);
            assertThat(failures).hasSize(1);
            assertThat(failures.get(0).category()).as(failures.get(0).cause()).isEqualTo(category);
            return failures.get(0).cause();
        } catch (SinkException e) {
            assertThat(e.category()).as(e.getMessage()).isEqualTo(category);
            return e.getMessage();
        }
    }

    private static List<String> ids(ChangeEvent... events) {
        return Arrays.stream(events).map(EffectSink::idOf).toList();
    }

    private List<String> attempted() {
        return receiver.attempts().stream().map(Delivery::id).toList();
    }

    @Test
    void refusedChangeIsTriedAgainWhenAPersonWantsIt() throws Exception {
        ChangeEvent poison = poison(table, events);
        assertThat(failed(ErrorCategory.REJECTED, poison)).endsWith("answered 422");
        receiver.answers(delivery -> TestReceiver.ACCEPT);
        assertThat(write(poison)).isEmpty();
        assertThat(write(poison)).isEmpty();
        assertThat(attempted()).isEqualTo(ids(poison, poison));
    }

    @Test
    void receiverThatAsksToBeLeftAloneIsLeftAlone() throws Exception {
        for (int status : new int[] {429, 503}) {
            String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                    ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(3));
            TestReceiver.Script answer = TestReceiver.status(status, "Retry-After", status == 429 ? "2" : date);
            receiver.forget();
            AtomicInteger requests = new AtomicInteger();
            receiver.answers(delivery -> requests.getAndIncrement() == 0 ? answer : TestReceiver.ACCEPT);
            ChangeEvent change = events.create(key(1), item(1, "a"));
            assertThat(failed(ErrorCategory.RETRYABLE, change)).contains("asks to be left alone for");
            long asked = System.nanoTime();
            assertThat(failed(ErrorCategory.RETRYABLE, change)).contains("asked to be left alone until");
            Awaitility.await().ignoreExceptionsInstanceOf(SinkException.class).until(() -> write(change)
                    .isEmpty());
            assertThat(attempted()).isEqualTo(ids(change, change));
            // a date has whole seconds, so of its three one may be gone
            assertThat(receiver.attempts().get(1).at() - asked).isGreaterThan(1_000_000_000L);
        }
    }

    @Test
    void hangingAndBrokenConnectionsAreWaitedForAndA2xxCountsWhateverFollows() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        ChangeEvent change = events.create(key(1), item(1, "a"));
        receiver.answers(delivery -> TestReceiver.hang(over));
        // a failure of the change, and no exception: nothing else waits for it
        assertThat(write(change)).singleElement().satisfies(failure -> {
            assertThat(failure.category()).isEqualTo(ErrorCategory.RETRYABLE);
            assertThat(failure.cause()).contains("did not answer within 1000 ms");
        });
        over.countDown();
        receiver.answers(delivery -> TestReceiver.RESET);
        assertThat(write(change)).singleElement().satisfies(failure -> {
            assertThat(failure.category()).isEqualTo(ErrorCategory.RETRYABLE);
            assertThat(failure.cause()).contains("gave no answer");
        });
        receiver.answers(delivery -> TestReceiver.ACCEPT_THEN_CUT);
        assertThat(write(change)).isEmpty();
        assertThat(receiver.acceptedIds()).isEqualTo(ids(change));
    }

    @Test
    void redirectIsNotFollowed() throws Exception {
        ChangeEvent change = events.create(key(1), item(1, "a"));
        receiver.answers(delivery -> TestReceiver.status(307, "Location", receiver.url() + "/elsewhere"));
        assertThat(failed(ErrorCategory.RETRYABLE, change)).contains("307, a redirect");
        assertThat(receiver.attempts()).hasSize(1);
    }

    @Test
    void receiverThatIsGoneClosesTheBinding() throws Exception {
        receiver.answers(delivery -> TestReceiver.status(410));
        assertThat(failed(ErrorCategory.FATAL, events.create(key(1), item(1, "a"))))
                .contains("resume the binding");
    }

    @Test
    void addressThatIsNotAllowedIsNotConnectedTo() throws Exception {
        for (String host : List.of("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]")) {
            String url = "http://" + host + ":" + receiver.port() + "/";
            try (WebhookSink careful = sink(Map.of("url", url, "allowed-addresses", "10.0.0.0/8"))) {
                ChangeEvent change = events.create(key(1), item(1, "a"));
                assertThatExceptionOfType(SinkException.class)
                        .isThrownBy(() -> careful.write(batch(0, change)))
                        .withMessageContaining("a loopback address: changes are not sent there");
                assertThatExceptionOfType(SinkException.class).isThrownBy(careful::check);
            }
        }
        assertThat(receiver.attempts()).isEmpty();
    }

    @Test
    void whatAnotherWorkerIsSendingIsLeftToIt() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        receiver.answers(delivery -> {
            arrived.countDown();
            try {
                answer.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return TestReceiver.ACCEPT;
        });
        ChangeEvent change = events.create(key(1), item(1, "a"));
        ChangeEvent next = events.update(key(1), null, item(1, "b"));
        try (WebhookSink slowly = sink(Map.of("request-timeout", "30s"))) {
            Sink slow = ofWorker(slowly);
            Sink other = ofWorker(slowly);
            var first = CompletableFuture.supplyAsync(() -> {
                try {
                    return slow.write(batch(0, change, next));
                } catch (SinkException e) {
                    throw new IllegalStateException(e);
                }
            });
            arrived.await();
            assertThatExceptionOfType(SinkException.class)
                    .isThrownBy(() -> other.write(batch(0, change, next)))
                    .withMessageContaining("Another worker");
            answer.countDown();
            assertThat(first.get()).isEmpty();
            // nothing is left to do, and nothing is sent
            assertThat(other.write(batch(0, change, next))).isEmpty();
        }
        assertThat(attempted()).isEqualTo(ids(change, next));
    }

    @Test
    void outageOfThePlatformDatabaseBehindTheAnswerDoesNotSendTwice() throws Exception {
        ChangeEvent change = events.create(key(1), item(1, "a"));
        receiver.answers(delivery -> {
            stack().stop(Service.POSTGRESQL);
            return TestReceiver.ACCEPT;
        });
        try (WebhookSink patiently = sink(Map.of("request-timeout", "60s"))) {
            Sink patient = ofWorker(patiently);
            try {
                assertThatExceptionOfType(SinkException.class)
                        .isThrownBy(() -> patient.write(batch(0, change)))
                        .withMessageContaining("cannot be noted");
            } finally {
                stack().start(Service.POSTGRESQL);
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .ignoreExceptionsInstanceOf(SinkException.class)
                    .until(() -> patient.write(batch(0, change)).isEmpty());
        }
        assertThat(attempted()).isEqualTo(ids(change));
    }

    @Test
    void replayByAnotherWorkerSendsNothingAgain() throws Exception {
        ChangeEvent[] batch = {events.create(key(1), item(1, "a")), events.create(key(2), item(2, "b"))};
        write(batch);
        assertThat(ofWorker(webhook).write(batch(0, batch))).isEmpty();
        assertThat(attempted()).isEqualTo(ids(batch));
    }

    @Test
    void readsOfTwoTablesAtOnePositionAreTwoEvents() throws Exception {
        long lowWatermark = TestEvents.nextLsn();
        write(events.read(key(1), item(1, "of one table"), lowWatermark));
        ownTable();
        write(events.read(key(1), item(1, "of another"), lowWatermark));
        assertThat(receiver.accepted())
                .extracting(
                        delivery -> delivery.data().path("after").path("name").asString())
                .containsExactly("of one table", "of another");
    }
}
