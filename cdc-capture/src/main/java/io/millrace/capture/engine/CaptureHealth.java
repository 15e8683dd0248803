package io.millrace.capture.engine;

import io.millrace.catalog.SourceState;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** DOWN while a source cannot be captured without a person; a source that is waited for is up, and says so. */
final class CaptureHealth implements HealthIndicator {

    private final CaptureStatus status;

    CaptureHealth(CaptureStatus status) {
        this.status = status;
    }

    @Override
    public Health health() {
        Health.Builder health = Health.up();
        status.states().forEach((source, state) -> {
            if (state.state() == SourceState.FAILED) {
                health.down();
            }
            String word = state.state() == null ? "STANDBY" : state.state().name();
            health.withDetail(source, state.message() == null ? word : word + ": " + state.message());
        });
        status.warnings().forEach((source, warning) -> health.withDetail(source + " warning", warning));
        return health.build();
    }
}
