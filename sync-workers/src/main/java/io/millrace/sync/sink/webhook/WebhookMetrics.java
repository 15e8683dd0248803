package io.millrace.sync.sink.webhook;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** What is measured of one receiver. */
final class WebhookMetrics {

    private final Timer accepted;
    private final Timer refused;
    private final Timer failed;
    private final Counter again;

    WebhookMetrics(MeterRegistry registry, String sink) {
        accepted = requests(registry, sink, "accepted");
        refused = requests(registry, sink, "refused");
        failed = requests(registry, sink, "failed");
        again = Counter.builder("millrace.webhook.sent.again")
                .description(
                        "Changes sent again under the same webhook-id: what came of an earlier request is not known, or it failed")
                .tag("sink", sink)
                .register(registry);
    }

    private static Timer requests(MeterRegistry registry, String sink, String outcome) {
        return Timer.builder("millrace.webhook.requests")
                .description("Requests to a receiver, by what came of them")
                .tag("sink", sink)
                .tag("outcome", outcome)
                .register(registry);
    }

    void answered(Answer answer, boolean sentAgain, long nanos) {
        timer(answer).record(nanos, TimeUnit.NANOSECONDS);
        if (sentAgain) {
            again.increment();
        }
    }

    private Timer timer(Answer answer) {
        if (answer instanceof Answer.Accepted) {
            return accepted;
        }
        return answer instanceof Answer.Unavailable ? failed : refused;
    }
}
