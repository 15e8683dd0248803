package io.millrace.sync.delivery;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * How a sink is, for people and probes. Written by consumers and by the regular looks and checks, read by anyone. What one partition
 * waits for is not over because another goes on.
 */
final class SinkHealth implements HealthIndicator {

    /** Without a look at the catalog for so long delivery has been waiting for most of it. */
    private static final Duration BLIND = Duration.ofSeconds(10);

    private record Fault(String message, Instant since) {}

    private final LongSupplier nanoTime;
    private final Supplier<CurrentTopics.@Nullable Silence> kafka;
    private volatile long lookedAt;
    private final Map<TopicPartition, Fault> waiting = new ConcurrentHashMap<>();
    /** What the polls of consumers fail with, by consumer. */
    private final Map<Object, Fault> unread = new ConcurrentHashMap<>();

    private volatile @Nullable Fault consumer;
    private volatile boolean restarted;
    private volatile @Nullable Fault service;

    /**
     * @param nanoTime what time it is, as {@link System#nanoTime} says it
     * @param kafka why Kafka does not answer; null where it does
     */
    SinkHealth(LongSupplier nanoTime, Supplier<CurrentTopics.@Nullable Silence> kafka) {
        this.nanoTime = nanoTime;
        this.kafka = kafka;
        this.lookedAt = nanoTime.getAsLong();
    }

    /** Notes that the catalog has just said what is to be delivered. */
    void looked() {
        lookedAt = nanoTime.getAsLong();
    }

    /** Notes why partitions wait; true if none waited before, so that it is logged once. */
    boolean waits(Collection<TopicPartition> partitions, String message) {
        boolean first = waiting.isEmpty();
        for (TopicPartition partition : partitions) {
            waiting.compute(
                    partition, (same, known) -> new Fault(message, known == null ? Instant.now() : known.since()));
        }
        return first;
    }

    /** Notes that changes of these partitions were taken; true if they were the last that waited. */
    boolean passed(Collection<TopicPartition> partitions) {
        if (restarted && !partitions.isEmpty()) {
            consumer = null;
        }
        return waiting.keySet().removeAll(partitions) && waiting.isEmpty();
    }

    /** Forgets partitions that nobody waits for here any more: they are another's, or shut. */
    void forget(Collection<TopicPartition> partitions) {
        waiting.keySet().removeAll(partitions);
    }

    /** Notes that a consumer cannot poll, and why. */
    void cannotPoll(Object consumer, String message) {
        unread.compute(consumer, (same, known) -> new Fault(message, known == null ? Instant.now() : known.since()));
    }

    /** Notes that a consumer polled, or polls no more. */
    void polls(Object consumer) {
        unread.remove(consumer);
    }

    /** Notes that consumers were started: the fault of one that ended is over when one takes changes. */
    void started() {
        restarted = true;
    }

    /**
     * Notes that a consumer ended or could not be started, until they are started again and one takes changes; true if it is said for the
     * first time.
     */
    boolean ended(String message) {
        Fault known = consumer;
        restarted = false;
        consumer = new Fault(message, known == null ? Instant.now() : known.since());
        return known == null;
    }

    /** Notes what the regular check found; null for nothing wrong. */
    void checked(@Nullable String message) {
        Fault known = service;
        service = message == null ? null : new Fault(message, known == null ? Instant.now() : known.since());
    }

    @Override
    public Health health() {
        Duration blind = Duration.ofNanos(nanoTime.getAsLong() - lookedAt);
        if (blind.compareTo(BLIND) > 0) {
            return down(new Fault(
                    "The catalog in the platform database has not been read for " + blind.toSeconds()
                            + " s: delivery waits for it",
                    Instant.now().minus(blind)));
        }
        // what partitions wait for is not tried again while nothing can be polled
        CurrentTopics.Silence silence = kafka.get();
        Fault fault = silence == null ? oldest(unread) : new Fault(silence.message(), silence.since());
        fault = fault == null ? oldest(waiting) : fault;
        fault = fault == null ? consumer : fault;
        fault = fault == null ? service : fault;
        return fault == null ? Health.up().build() : down(fault);
    }

    private static @Nullable Fault oldest(Map<?, Fault> faults) {
        return faults.values().stream().min(Comparator.comparing(Fault::since)).orElse(null);
    }

    private static Health down(Fault fault) {
        return Health.down()
                .withDetail("cause", fault.message())
                .withDetail("since", fault.since().toString())
                .build();
    }
}
