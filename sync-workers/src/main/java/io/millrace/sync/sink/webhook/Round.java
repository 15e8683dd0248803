package io.millrace.sync.sink.webhook;

import io.millrace.event.RowKey;
import io.millrace.sync.sink.Change;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends some changes: those of one row one after the other, rows beside each other. A change whose predecessor of the same row was not
 * accepted is not sent. Rows are told apart within their table; a change without a key stands for all that have none.
 */
final class Round {

    /** So many rows may fail, each for itself, before it is taken for everyone's fault. */
    private static final int MOST_FAILED = 8;

    private record Lane(long table, @Nullable RowKey key) {}

    private final Receiver receiver;
    private final MarkWriter marks;
    private final WebhookMetrics metrics;
    private final BooleanSupplier stopping;
    private final long deadline;
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicInteger sent = new AtomicInteger();

    private final Map<String, String> refused = new java.util.concurrent.ConcurrentHashMap<>();
    private volatile Answer.@Nullable Unavailable unavailable;
    private volatile Answer.@Nullable Gone gone;
    private volatile @Nullable RuntimeException fault;
    private volatile boolean overtaken;
    private volatile boolean stopped;
    private boolean unfinished;

    Round(Receiver receiver, MarkWriter marks, WebhookMetrics metrics, long deadline, BooleanSupplier stopping) {
        this.receiver = receiver;
        this.marks = marks;
        this.metrics = metrics;
        this.stopping = stopping;
        this.deadline = deadline;
    }

    /** Sends them and returns when nothing is on its way any more. */
    void send(List<Change> changes, Executor threads, int most) throws InterruptedException {
        Map<Lane, Deque<Change>> lanes = new LinkedHashMap<>();
        for (Change change : changes) {
            lanes.computeIfAbsent(new Lane(change.table().id(), change.event().key()), lane -> new ArrayDeque<>())
                    .add(change);
        }
        ConcurrentLinkedQueue<Deque<Change>> waiting = new ConcurrentLinkedQueue<>(new ArrayList<>(lanes.values()));
        int senders = Math.min(most, lanes.size());
        CountDownLatch done = new CountDownLatch(senders);
        for (int i = 0; i < senders; i++) {
            threads.execute(() -> {
                try {
                    for (Deque<Change> lane = waiting.poll(); lane != null && goesOn(); lane = waiting.poll()) {
                        follow(lane);
                    }
                } catch (RuntimeException e) {
                    fault = e;
                    stopped = true;
                } finally {
                    done.countDown();
                }
            });
        }
        try {
            done.await();
        } catch (InterruptedException e) {
            stopped = true;
            throw e;
        }
        unfinished = lanes.values().stream().anyMatch(lane -> !lane.isEmpty());
    }

    private boolean goesOn() {
        return !stopped && !stopping.getAsBoolean() && System.nanoTime() - deadline < 0;
    }

    /** Sends the changes of one row. Each is claimed together with the mark of the one before: one commit for both. */
    private void follow(Deque<Change> lane) {
        Mark accepted = null;
        while (!lane.isEmpty() && goesOn()) {
            Change change = lane.element();
            Mark mark = Mark.of(change.event());
            Verdict verdict = marks.store(accepted, mark);
            accepted = null;
            if (verdict == Verdict.HELD) {
                overtaken = true;
                stopped = true;
                return;
            }
            if (verdict != Verdict.ACCEPTED) {
                if (!deliver(change, mark, verdict)) {
                    return;
                }
                accepted = mark;
            }
            lane.remove();
        }
        if (accepted != null) {
            marks.store(accepted, null);
        }
    }

    private boolean deliver(Change change, Mark mark, Verdict verdict) {
        long started = System.nanoTime();
        Answer answer = receiver.send(mark.eventId(), CloudEvent.write(change.event()));
        metrics.answered(answer, verdict == Verdict.AGAIN, System.nanoTime() - started);
        sent.incrementAndGet();
        if (answer instanceof Answer.Accepted) {
            return true;
        }
        if (answer instanceof Answer.Refused refusal) {
            refused.put(mark.eventId(), refusal.reason());
        } else if (answer instanceof Answer.Gone end) {
            gone = end;
            stopped = true;
        } else if (answer instanceof Answer.Unavailable later) {
            unavailable = later;
            stopped |= later.all() || failed.incrementAndGet() >= MOST_FAILED;
        }
        return false;
    }

    /** Returns the changes that were refused for good, by event id, with the reasons. */
    Map<String, String> refused() {
        return refused;
    }

    Answer.@Nullable Unavailable unavailable() {
        return unavailable;
    }

    Answer.@Nullable Gone gone() {
        return gone;
    }

    /** Returns what went wrong on our side, mostly with the platform database. */
    @Nullable
    RuntimeException fault() {
        return fault;
    }

    /** Tells whether another worker holds one of the changes. */
    boolean isOvertaken() {
        return overtaken;
    }

    /** Tells whether there are changes that were not accepted, for whatever reason. */
    boolean isUnfinished() {
        return unfinished;
    }

    int sent() {
        return sent.get();
    }
}
