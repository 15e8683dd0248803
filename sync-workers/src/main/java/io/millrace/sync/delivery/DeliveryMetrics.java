package io.millrace.sync.delivery;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.event.ChangeEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** What is measured of one sink. */
final class DeliveryMetrics {

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(150),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        Duration.ofMinutes(5)
    };

    private final Counter events;
    private final Counter tombstones;
    private final Counter repeated;
    private final Counter deadLetters;
    private final Timer commitToSink;
    private final Timer write;
    private final AtomicLong unsettled = new AtomicLong();
    private final Map<TopicPartition, Instant> waiting = new ConcurrentHashMap<>();

    DeliveryMetrics(MeterRegistry registry, String sink) {
        events = Counter.builder("millrace.sink.events")
                .description("Changes delivered to a sink")
                .tag("sink", sink)
                .register(registry);
        tombstones = Counter.builder("millrace.sink.tombstones")
                .description("Tombstones passed over")
                .tag("sink", sink)
                .register(registry);
        repeated = Counter.builder("millrace.sink.repeated")
                .description("Records left out because their change stands in the partition before them")
                .tag("sink", sink)
                .register(registry);
        deadLetters = Counter.builder("millrace.dead.letters")
                .description("Records that a sink rejected")
                .tag("sink", sink)
                .register(registry);
        commitToSink = Timer.builder("millrace.commit.to.sink")
                .description("From a change's commit at the source until it was written; snapshot reads left out")
                .tag("sink", sink)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        Gauge.builder("millrace.dead.letters.unsettled", unsettled, AtomicLong::get)
                .description("Dead letters that are neither retried, superseded nor discarded")
                .tag("sink", sink)
                .register(registry);
        Gauge.builder("millrace.sink.waiting.partitions", waiting, Map::size)
                .description("Partitions in which this worker waits for a sink")
                .tag("sink", sink)
                .register(registry);
        Gauge.builder("millrace.sink.waiting", waiting, DeliveryMetrics::longest)
                .description("For how long the sink has been waited for, in the partition where that is longest")
                .baseUnit("seconds")
                .tag("sink", sink)
                .register(registry);
        write = Timer.builder("millrace.sink.write")
                .description("One write of a batch")
                .tag("sink", sink)
                .register(registry);
    }

    void wrote(Duration took) {
        write.record(took);
    }

    void delivered(List<Received> changes, Instant now) {
        events.increment(changes.size());
        for (Received received : changes) {
            ChangeEvent event = received.event();
            if (!event.position().isRead()) {
                Duration took = Duration.between(event.transaction().committedAt(), now);
                commitToSink.record(took.isNegative() ? Duration.ZERO : took);
            }
        }
    }

    void tombstones(int count) {
        tombstones.increment(count);
    }

    void repeated(int count) {
        repeated.increment(count);
    }

    void unsettled(long letters) {
        unsettled.set(letters);
    }

    /** Notes that a partition waits, or with null that it no longer does. */
    void waits(TopicPartition partition, @Nullable Instant since) {
        if (since == null) {
            waiting.remove(partition);
        } else {
            waiting.putIfAbsent(partition, since);
        }
    }

    private static double longest(Map<TopicPartition, Instant> waiting) {
        return waiting.values().stream()
                .mapToDouble(since -> Duration.between(since, Instant.now()).toMillis() / 1000.0)
                .max()
                .orElse(0);
    }

    void deadLetters(int count) {
        deadLetters.increment(count);
    }
}
