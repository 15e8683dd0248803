package io.millrace.sync.sink.webhook;

import io.millrace.catalog.Offsets;
import io.millrace.catalog.Offsets.Advance;
import io.millrace.event.Operation;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.FenceLostException;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.SinkKind;
import java.io.IOException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Sends every change to one receiver, which must accept it, once: {@link Marks} say what it has, however often a record is read.
 *
 * <p>The one gap that HTTP leaves is between the receiver's 2xx and the mark. A worker that dies there sends the change again, the
 * last of its row and under the same {@code webhook-id}, by which the receiver may tell.
 */
final class WebhookSink implements Sink, ApplicationListener<ContextClosedEvent>, AutoCloseable {

    private static final int REMEMBERED = 10_000;

    private final String name;
    private final Receiver receiver;
    private final Marks marks;
    private final MarkWriter writer;
    private final WebhookMetrics metrics;
    private final Offsets offsets;
    private final JdbcTemplate jdbc;
    private final TransactionTemplate transaction;
    private final WebhookSinkProperties properties;
    private final ThreadPoolExecutor threads;
    /** Delivery finds a refused change by halving its batch; until it is alone, it is not asked for again. */
    private final Map<String, String> refused = Collections.synchronizedMap(new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > REMEMBERED;
        }
    });

    private volatile Instant leftAloneUntil = Instant.MIN;
    private volatile boolean stopping;

    WebhookSink(
            WebhookSinkProperties.Target target,
            WebhookSinkProperties properties,
            Marks marks,
            Offsets offsets,
            TransactionTemplate transaction,
            JdbcTemplate jdbc,
            WebhookMetrics metrics) {
        this.name = target.sink();
        this.properties = properties;
        this.receiver = new Receiver(target, properties);
        this.marks = marks;
        this.writer = new MarkWriter(name, marks);
        this.offsets = offsets;
        this.transaction = transaction;
        this.jdbc = jdbc;
        this.metrics = metrics;
        this.threads = new ThreadPoolExecutor(
                properties.maxInFlight(),
                properties.maxInFlight(),
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> {
                    Thread thread = new Thread(task, "sync-" + name + "-send");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
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
    public SinkKind kind() {
        return SinkKind.LOG;
    }

    @Override
    public List<Failure> write(SinkBatch batch) throws SinkException {
        leaveAlone();
        try {
            List<Change> unsent = unsent(batch.changes());
            knownToBeRefused(unsent);
            // a truncate stands between the changes before and behind it, of all rows
            long deadline = System.nanoTime() + properties.maxWrite().toNanos();
            for (List<Change> part : parts(unsent)) {
                send(part, unsent.size(), deadline);
            }
            transaction.executeWithoutResult(status -> batch.steps().forEach(this::fence));
            return List.of();
        } catch (FenceLost e) {
            throw new FenceLostException(String.valueOf(e.getMessage()));
        } catch (DataAccessException | TransactionException e) {
            throw SinkException.retryable(
                    "What " + name + " was sent cannot be noted in the platform database: " + e.getMessage(), e);
        }
    }

    private void leaveAlone() throws SinkException {
        Instant until = leftAloneUntil;
        if (Instant.now().isBefore(until)) {
            throw SinkException.retryable(receiver.place() + " asked to be left alone until " + until, null);
        }
    }

    private List<Change> unsent(List<Change> changes) {
        writer.storeRest();
        if (changes.isEmpty()) {
            return changes;
        }
        Set<String> accepted = marks.accepted(
                changes.stream().map(change -> Mark.of(change.event())).toList());
        return changes.stream()
                .filter(change -> !accepted.contains(Mark.idOf(change.event())))
                .toList();
    }

    private void knownToBeRefused(List<Change> unsent) throws SinkException {
        for (Change change : unsent) {
            String id = Mark.idOf(change.event());
            // alone it becomes a dead letter, and asks again when a person has it tried again
            String reason = unsent.size() == 1 ? refused.remove(id) : refused.get(id);
            if (reason != null) {
                throw new SinkException(ErrorCategory.REJECTED, reason, null);
            }
        }
    }

    private static List<List<Change>> parts(List<Change> changes) {
        List<List<Change>> parts = new ArrayList<>();
        boolean open = false;
        for (Change change : changes) {
            boolean truncate = change.event().operation() == Operation.TRUNCATE;
            if (truncate || !open) {
                parts.add(new ArrayList<>());
            }
            parts.get(parts.size() - 1).add(change);
            open = !truncate;
        }
        return parts;
    }

    private void send(List<Change> part, int all, long deadline) throws SinkException {
        Round round = new Round(receiver, writer, metrics, deadline, () -> stopping);
        try {
            round.send(part, threads, properties.maxInFlight());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SinkException.retryable("Stopped while changes were sent to " + receiver.place(), e);
        }
        conclude(round, all);
    }

    private void conclude(Round round, int all) throws SinkException {
        RuntimeException fault = round.fault();
        if (fault != null) {
            throw fault;
        }
        Answer.Unavailable unavailable = round.unavailable();
        Duration wait = unavailable == null ? null : unavailable.patience();
        if (wait != null) {
            leftAloneUntil = Instant.now().plus(wait);
        }
        Answer.Gone gone = round.gone();
        if (gone != null) {
            throw new SinkException(ErrorCategory.FATAL, gone.reason(), null);
        }
        if (!round.refused().isEmpty()) {
            if (all > 1) {
                refused.putAll(round.refused());
            }
            throw new SinkException(
                    ErrorCategory.REJECTED, round.refused().values().iterator().next(), null);
        }
        if (unavailable != null) {
            throw SinkException.retryable(
                    wait == null
                            ? unavailable.reason()
                            : unavailable.reason() + " and asks to be left alone for " + wait.toSeconds() + " s",
                    null);
        }
        if (round.isOvertaken()) {
            throw SinkException.retryable(
                    "Another worker sent changes of these rows to " + receiver.place()
                            + " a moment ago, and has not said what came of it: waiting until none of its requests can be on its way",
                    null);
        }
        if (round.isUnfinished()) {
            throw SinkException.retryable(
                    stopping
                            ? "Millrace stops"
                            : receiver.place() + " took " + round.sent() + " of " + all + " changes in "
                                    + properties.maxWrite().toSeconds() + " s; the rest follows",
                    null);
        }
    }

    private void fence(Advance step) {
        if (!offsets.advanceFenced(name, step)) {
            throw new FenceLost(name + " is no longer at offset " + step.expectedOffset() + " of "
                    + step.partition().topic() + "-" + step.partition().partition()
                    + ": another worker sent on, or it was rewound");
        }
    }

    /** Asks nothing of the receiver, which is somebody else's: only whether it could be asked. */
    @Override
    public void check() throws SinkException {
        try {
            receiver.lookUp();
            jdbc.queryForObject("SELECT 1 FROM pg_class WHERE oid = 'millrace.deduplication'::regclass", Integer.class);
        } catch (UnknownHostException e) {
            throw SinkException.retryable(receiver.place() + " cannot be reached: " + e.getMessage(), e);
        } catch (DataAccessException e) {
            throw SinkException.retryable("The platform database does not answer: " + e.getMessage(), e);
        }
    }

    /** Before delivery is stopped: what is on its way is waited for, nothing more is sent. */
    @Override
    public void onApplicationEvent(ContextClosedEvent event) {
        stopping = true;
    }

    @Override
    public void close() throws IOException {
        stopping = true;
        threads.shutdown();
        writer.close();
        receiver.close();
    }

    /** Carries a lost fence out of the transaction, so that it is rolled back. */
    private static final class FenceLost extends RuntimeException {
        private static final long serialVersionUID = 1L;

        FenceLost(String message) {
            super(message);
        }
    }
}
