package io.millrace.sync.delivery;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
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
    private volatile long lookedAt;
    private final Map<TopicPartition, Fault> waiting = new ConcurrentHashMap<>();
    private volatile @Nullable Fault consumer;
    private volatile boolean restarted;
    private volatile @Nullable Fault service;

    SinkHealth() {
        this(System::nanoTime);
    }

    /** @param nanoTime what time it is, as {@link System#nanoTime} says it */
    SinkHealth(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
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
        Fault fault = waiting.values().stream()
                .min(Comparator.comparing(Fault::since))
                .orElse(null);
        fault = fault == null ? consumer : fault;
        fault = fault == null ? service : fault;
        return fault == null ? Health.up().build() : down(fault);
    }

    private static Health down(Fault fault) {
        return Health.down()
                .withDetail("cause", fault.message())
                .withDetail("since", fault.since().toString())
                .build();
    }
}
