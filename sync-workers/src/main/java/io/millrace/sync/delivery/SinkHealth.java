package io.millrace.sync.delivery;

import java.time.Duration;
import java.time.Instant;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** How a sink is, for people and probes. Written by consumers and by the regular looks and checks, read by anyone. */
final class SinkHealth implements HealthIndicator {

    /** Without a look at the catalog for so long delivery has been waiting for most of it. */
    private static final Duration BLIND = Duration.ofSeconds(10);

    private record Fault(String message, Instant since) {}

    private final LongSupplier nanoTime;
    private volatile long lookedAt;
    private volatile @Nullable Fault delivery;
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

    /** Notes a fault of delivering; true if there was none before, so that it is logged once. */
    boolean failed(String message) {
        Fault known = delivery;
        delivery = new Fault(message, known == null ? Instant.now() : known.since());
        return known == null;
    }

    /** Returns whether there was a fault. */
    boolean recovered() {
        boolean was = delivery != null;
        delivery = null;
        return was;
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
        Fault fault = delivery == null ? service : delivery;
        return fault == null ? Health.up().build() : down(fault);
    }

    private static Health down(Fault fault) {
        return Health.down()
                .withDetail("cause", fault.message())
                .withDetail("since", fault.since().toString())
                .build();
    }
}
