package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Shapings;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.sink.SinkKind;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;
import org.springframework.util.unit.DataSize;

class DeliveriesTests {

    /** Without any to look for nobody is asked. */
    private static final CurrentTopics NO_TOPICS = new CurrentTopics(Map.of());

    @Test
    void errorInALookAtTheCatalogDoesNotEndTheLooks() {
        AtomicInteger looks = new AtomicInteger();
        PipelineCatalog catalog = (PipelineCatalog) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {PipelineCatalog.class}, (proxy, method, arguments) -> {
                    looks.incrementAndGet();
                    throw new NoClassDefFoundError("The test wants an Error");
                });
        Deliveries deliveries = new Deliveries(catalog, null, null, List.of(), NO_TOPICS, properties());
        deliveries.start();
        try {
            await().until(() -> looks.get() >= 3);
        } finally {
            deliveries.stop();
        }
    }

    /** Consumers that say what is done with them, and may take their time. */
    private static final class Told implements Consumers {

        final AtomicInteger looks = new AtomicInteger();
        final AtomicInteger tended = new AtomicInteger();
        final List<String> done = new CopyOnWriteArrayList<>();
        final CountDownLatch mayGoOn;

        Told(int hangs) {
            mayGoOn = new CountDownLatch(hangs);
        }

        @Override
        public void told(Map<String, Route> routes, long askedAt) {
            looks.incrementAndGet();
        }

        @Override
        public void noticed(Notices notices) {}

        @Override
        public Map<String, Route> routes() {
            return Map.of();
        }

        @Override
        public void tend() {
            tended.incrementAndGet();
            try {
                mayGoOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            done.add("tended");
        }

        @Override
        public void stop() {
            done.add("stopped");
        }
    }

    private static Lane lane(String sink, Consumers consumers) {
        return new Lane(
                new SteerableSink(sink, SinkKind.STATE),
                consumers,
                new SinkHealth(System::nanoTime, () -> null),
                new DeliveryMetrics(new SimpleMeterRegistry(), sink));
    }

    /** Answers every question with nothing. */
    private static <T> T empty(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> List.of()));
    }

    private static Deliveries deliveries(Lane... lanes) {
        return new Deliveries(
                empty(PipelineCatalog.class),
                empty(Offsets.class),
                empty(DeadLetters.class),
                List.of(lanes),
                NO_TOPICS,
                properties());
    }

    @Test
    void whatTheCatalogSaysOfTablesDoesNotWaitForWhatPeopleAskedFor() {
        CountDownLatch mayAnswer = new CountDownLatch(1);
        Offsets slow = (Offsets) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Offsets.class}, (proxy, method, arguments) -> {
                    mayAnswer.await();
                    return List.of();
                });
        Told told = new Told(0);
        Deliveries deliveries = new Deliveries(
                empty(PipelineCatalog.class),
                slow,
                empty(DeadLetters.class),
                List.of(lane("sink", told)),
                NO_TOPICS,
                properties());
        deliveries.start();
        try {
            await().until(() -> told.looks.get() == 1);
        } finally {
            mayAnswer.countDown();
            deliveries.stop();
        }
    }

    @Test
    void whatTheCatalogSaidTooLongAgoIsNoLook() {
        AtomicLong now = new AtomicLong(7);
        SinkHealth health = new SinkHealth(now::get, () -> null);
        Lane lane = new Lane(
                new SteerableSink("sink", SinkKind.STATE),
                new Told(0),
                health,
                new DeliveryMetrics(new SimpleMeterRegistry(), "sink"));
        now.addAndGet(Duration.ofSeconds(11).toNanos());
        lane.told(List.of(), System.nanoTime() - Shapings.HOLDS_AFTER.toNanos());
        assertThat(health.health().getStatus()).as("nothing is delivered by it").isEqualTo(Status.DOWN);
        lane.told(List.of(), System.nanoTime());
        assertThat(health.health().getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void whileTheConsumersOfOneSinkHangAllAreToldAndTheOthersLookedAfter() {
        Told hanging = new Told(1);
        Told other = new Told(0);
        Deliveries deliveries = deliveries(lane("hanging", hanging), lane("other", other));
        deliveries.start();
        try {
            await().until(() -> hanging.tended.get() == 1);
            int looks = other.looks.get();
            int tended = other.tended.get();
            await().until(() -> other.looks.get() > looks + 3 && other.tended.get() > tended + 3);
            assertThat(hanging.looks.get()).isGreaterThan(looks);
            assertThat(hanging.tended.get()).isEqualTo(1);
        } finally {
            hanging.mayGoOn.countDown();
            deliveries.stop();
        }
    }

    @Test
    void aStopWaitsForTheConsumersAndStartsNoneAgain() throws Exception {
        Told hanging = new Told(1);
        Deliveries deliveries = deliveries(lane("hanging", hanging));
        deliveries.start();
        await().until(() -> hanging.looks.get() > 3);
        Thread stopping = new Thread(deliveries::stop);
        stopping.start();
        await().until(() -> Arrays.stream(stopping.getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals("awaitTermination")
                        && frame.getClassName().equals(ThreadPoolExecutor.class.getName())));
        assertThat(hanging.done).isEmpty();
        hanging.mayGoOn.countDown();
        stopping.join();
        assertThat(hanging.done).containsExactly("tended", "stopped");
        assertThat(deliveries.isRunning()).isFalse();
    }

    private static DeliveryProperties properties() {
        return new DeliveryProperties(
                "test",
                1,
                1,
                DataSize.ofMegabytes(1),
                DataSize.ofMegabytes(1),
                Duration.ofMillis(10),
                Duration.ofMillis(10),
                Duration.ofSeconds(6),
                Duration.ofMillis(10),
                Duration.ofMillis(10),
                1,
                Duration.ofSeconds(1));
    }
}
