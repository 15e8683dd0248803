package io.millrace.sync.delivery;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** How a sink is, for people and probes. Written by consumers and by the regular check, read by anyone. */
final class SinkHealth implements HealthIndicator {

    private record Fault(String message, Instant since) {}

    private volatile @Nullable Fault delivery;
    private volatile @Nullable Fault service;

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
        Fault fault = delivery == null ? service : delivery;
        return fault == null
                ? Health.up().build()
                : Health.down()
                        .withDetail("cause", fault.message())
                        .withDetail("since", fault.since().toString())
                        .build();
    }
}
