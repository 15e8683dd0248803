package io.millrace.sync.sink.webhook;

import io.millrace.event.ChangeEvent;
import io.millrace.sync.sink.EffectSink;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.LeftAloneException;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Sends every change to one receiver.
 *
 * <p>The one gap that HTTP leaves is between the receiver's 2xx and delivery's note of it. A worker that dies there sends the change again,
 * the last of its row and under the same {@code webhook-id}, by which the receiver may tell.
 */
final class WebhookSink implements EffectSink, AutoCloseable {

    private final String name;
    private final Receiver receiver;
    private final WebhookMetrics metrics;
    private final WebhookSinkProperties properties;
    /** The latest of what answers asked for, in whatever order they came. */
    private final AtomicReference<Instant> leftAloneUntil = new AtomicReference<>(Instant.MIN);

    WebhookSink(WebhookSinkProperties.Target target, WebhookSinkProperties properties, WebhookMetrics metrics) {
        this.name = target.sink();
        this.properties = properties;
        this.receiver = new Receiver(target, properties);
        this.metrics = metrics;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String purpose() {
        return "Every change, once and in order of its row, as a signed CloudEvent to " + receiver.place() + ".";
    }

    @Override
    public int mostAtOnce() {
        return properties.maxInFlight();
    }

    @Override
    public Duration longestWrite() {
        return receiver.longest();
    }

    @Override
    public List<Failure> write(SinkBatch batch) throws SinkException {
        leaveAlone();
        ChangeEvent event = batch.changes().get(0).event();
        long started = System.nanoTime();
        Answer answer = receiver.send(EffectSink.idOf(event), CloudEvent.write(event), batch.claimedAt());
        metrics.answered(answer, batch.repeats(), System.nanoTime() - started);
        if (answer instanceof Answer.Refused refusal) {
            return List.of(new Failure(0, ErrorCategory.REJECTED, refusal.reason()));
        }
        if (answer instanceof Answer.Gone gone) {
            return List.of(new Failure(0, ErrorCategory.FATAL, gone.reason()));
        }
        return answer instanceof Answer.Unavailable later ? failed(later) : List.of();
    }

    private void leaveAlone() throws SinkException {
        Instant until = leftAloneUntil.get();
        Instant now = Instant.now();
        if (now.isBefore(until)) {
            throw new LeftAloneException(
                    receiver.place() + " asked to be left alone until " + until, Duration.between(now, until), false);
        }
    }

    private List<Failure> failed(Answer.Unavailable later) throws SinkException {
        Duration wait = later.patience();
        String reason = later.reason();
        if (wait != null) {
            leftAloneUntil.accumulateAndGet(
                    Instant.now().plus(wait), (known, asked) -> asked.isAfter(known) ? asked : known);
            throw new LeftAloneException(
                    reason + " and asks to be left alone for " + wait.toSeconds() + " s", wait, true);
        }
        if (later.all()) {
            throw SinkException.retryable(reason, null);
        }
        return List.of(new Failure(0, ErrorCategory.RETRYABLE, reason));
    }

    /** Asks nothing of the receiver, which is somebody else's: only whether it could be asked. */
    @Override
    public void check() throws SinkException {
        try {
            receiver.lookUp();
        } catch (UnknownHostException e) {
            throw SinkException.retryable(receiver.place() + " cannot be reached: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        receiver.close();
    }
}
