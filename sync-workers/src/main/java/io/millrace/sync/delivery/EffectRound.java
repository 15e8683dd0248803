package io.millrace.sync.delivery;

import io.millrace.sync.deduplication.Guard;
import io.millrace.sync.deduplication.Mark;
import io.millrace.sync.deduplication.Verdict;
import io.millrace.sync.sink.EffectSink;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.LeftAloneException;
import io.millrace.sync.sink.SinkException;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Has some effects: those of one row one after the other, rows beside each other. A change whose predecessor of the same row did not have
 * its effect is not tried. What was not done is left in its row's lane, the first of it with its {@link #faults fault} where it was tried.
 */
final class EffectRound {

    /** So many rows may fail, each for itself, before it is taken for everyone's fault. */
    private static final int MOST_FAILED = 8;

    /** Why a change did not have its effect. */
    record Fault(
            ErrorCategory category, String cause, @Nullable Throwable thrown) {}

    private final EffectSink sink;
    private final Guard guard;
    private final BooleanSupplier goesOn;
    private final Predicate<TopicPartition> open;
    private final Predicate<Received> alone;
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicInteger taken = new AtomicInteger();
    private final Map<Received, Fault> faults = new ConcurrentHashMap<>();
    private final Set<Long> stoppedTables = ConcurrentHashMap.newKeySet();
    /** Where the sink threw what no sink is meant to throw. */
    private final Set<TopicPartition> broken = ConcurrentHashMap.newKeySet();

    private volatile @Nullable String sinkDown;
    private volatile boolean outage;
    private volatile @Nullable Throwable thrown;

    /**
     * Makes a round.
     *
     * @param goesOn whether more may be begun
     * @param open whether more of a partition may be begun
     * @param alone of which changes it is known that they fail while others do not
     */
    EffectRound(
            EffectSink sink,
            Guard guard,
            BooleanSupplier goesOn,
            Predicate<TopicPartition> open,
            Predicate<Received> alone) {
        this.sink = sink;
        this.guard = guard;
        this.goesOn = goesOn;
        this.open = open;
        this.alone = alone;
    }

    /**
     * Works through the lanes, each the changes of one row in order, and returns when nothing is on its way any more. What is not the
     * sink's fault, and an Error, is thrown here, in the caller's thread: a thread of the pool would only die of it.
     */
    void run(Collection<? extends Deque<Received>> lanes, Executor threads) throws InterruptedException {
        Queue<Deque<Received>> waiting = new ConcurrentLinkedQueue<>(lanes);
        int senders = Math.min(sink.mostAtOnce(), lanes.size());
        CountDownLatch done = new CountDownLatch(senders);
        for (int i = 0; i < senders; i++) {
            threads.execute(() -> {
                try {
                    for (Deque<Received> lane = waiting.poll(); lane != null && goesOn(); lane = waiting.poll()) {
                        follow(lane);
                    }
                } catch (DataAccessException | TransactionException e) {
                    down(unnoted(sink.name(), e));
                } catch (RuntimeException | Error e) {
                    down("Delivery to " + sink.name() + " failed unexpectedly: " + e);
                    thrown = e;
                } finally {
                    done.countDown();
                }
            });
        }
        try {
            done.await();
        } catch (InterruptedException e) {
            down("Stopped while changes were given to " + sink.name());
            done.await();
            throw e;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException unexpected) {
            throw unexpected;
        }
    }

    static String unnoted(String sink, RuntimeException e) {
        return "What " + sink + " was given cannot be noted in the platform database: " + e.getMessage();
    }

    private boolean goesOn() {
        return sinkDown == null && goesOn.getAsBoolean();
    }

    /**
     * Each change is claimed together with the mark of the one before: one commit for both. What had its effect and could not be marked
     * stays in the lane: its offset must not be passed before, or the mark might be lost with this process.
     */
    private void follow(Deque<Received> lane) {
        Received unmarked = null;
        try {
            while (!lane.isEmpty()
                    && goesOn()
                    && open.test(lane.element().partition())
                    && !broken.contains(lane.element().partition())
                    && !stoppedTables.contains(lane.element().change().table().id())) {
                Received received = lane.element();
                Mark done = unmarked == null ? null : Mark.of(unmarked.event());
                Claim claim = Claim.of(guard, done, Mark.of(received.event()), sink);
                unmarked = null;
                boolean isDone = claim.verdict() == Verdict.DONE;
                Fault fault = isDone ? null : attempt(received, claim);
                if (fault != null) {
                    faults.put(received, fault);
                    return;
                }
                lane.remove();
                if (!isDone) {
                    unmarked = received;
                }
            }
            if (unmarked != null) {
                guard.pass(Mark.of(unmarked.event()), null);
            }
        } catch (RuntimeException | Error e) {
            if (unmarked != null) {
                lane.addFirst(unmarked);
            }
            throw e;
        }
    }

    private @Nullable Fault attempt(Received received, Claim claim) {
        if (claim.verdict() == Verdict.HELD) {
            return new Fault(ErrorCategory.RETRYABLE, Claim.held(sink.name()), null);
        }
        try {
            List<Failure> failures = sink.write(claim.batch(received.change()));
            if (failures.isEmpty()) {
                taken.incrementAndGet();
                return null;
            }
            Failure failure = failures.get(0);
            if (failure.category() == ErrorCategory.RETRYABLE
                    && !alone.test(received)
                    && failed.incrementAndGet() >= MOST_FAILED) {
                down(failure.cause());
            }
            return fault(received, failure.category(), failure.cause(), null);
        } catch (SinkException e) {
            String said = String.valueOf(e.getMessage());
            if (e instanceof LeftAloneException left && !left.wasAsked()) {
                sinkDown = said;
            } else if (e.category() == ErrorCategory.RETRYABLE
                    && (!alone.test(received) || failed.incrementAndGet() >= MOST_FAILED)) {
                down(said);
            }
            return fault(received, e.category(), said, e);
        } catch (RuntimeException e) {
            broken.add(received.partition());
            return new Fault(
                    ErrorCategory.RETRYABLE,
                    Faults.unexpected(
                            sink.name(), received.partition(), received.record().offset(), e),
                    e);
        }
    }

    private Fault fault(Received received, ErrorCategory category, String cause, @Nullable Throwable thrown) {
        if (category == ErrorCategory.FATAL) {
            stoppedTables.add(received.change().table().id());
        }
        return new Fault(category, cause, thrown);
    }

    private void down(String reason) {
        sinkDown = reason;
        outage = true;
    }

    /** Returns why the changes at the head of their lanes did not have their effect. */
    Map<Received, Fault> faults() {
        return faults;
    }

    /** Returns how many changes had their effect. */
    int taken() {
        return taken.get();
    }

    /** Tells whether nothing was taken, and not because nothing was asked. */
    boolean isOutage() {
        return outage && taken.get() == 0;
    }

    /** Returns why the whole sink is to be waited for; null if it is not. */
    @Nullable
    String sinkDown() {
        return sinkDown;
    }
}
