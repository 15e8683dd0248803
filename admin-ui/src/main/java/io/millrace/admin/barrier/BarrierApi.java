package io.millrace.admin.barrier;

import io.millrace.admin.web.Api;
import io.millrace.admin.web.Problem;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** {@code /barrier}: tests, migrations and deployments wait on it instead of sleeping. */
@Api
class BarrierApi {

    private final Barrier barrier;
    private final BarrierProperties properties;

    BarrierApi(Barrier barrier, BarrierProperties properties) {
        this.barrier = barrier;
        this.properties = properties;
    }

    record Reached(long tookMillis, List<String> skipped) {}

    @PostMapping("/api/v1/barrier")
    Reached await(@RequestParam @Nullable String timeout) throws InterruptedException {
        Duration longest = timeout == null ? properties.defaultTimeout() : duration(timeout);
        Barrier.Outcome outcome = barrier.await(longest);
        if (outcome.reached()) {
            return new Reached(outcome.took().toMillis(), outcome.skipped());
        }
        throw new Problem(
                        HttpStatus.GATEWAY_TIMEOUT,
                        "Not everything is in the sinks yet",
                        "After " + outcome.took().toMillis() + " ms: " + String.join(" ", outcome.behind()))
                .with("behind", outcome.behind())
                .with("skipped", outcome.skipped())
                .with("tookMillis", outcome.took().toMillis());
    }

    private Duration duration(String text) {
        try {
            Duration wanted = DurationStyle.detectAndParse(text);
            if (!wanted.isNegative() && wanted.compareTo(properties.longestTimeout()) <= 0) {
                return wanted;
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw Problem.badRequest("The timeout '" + text + "' is not a duration like 500ms, 60s or 5m, of at most "
                + properties.longestTimeout().toSeconds() + " s.");
    }
}
