package io.millrace.sync.sink.webhook;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Stores the marks of all senders of a receiver: what comes while one transaction is committed goes into the next, together. What was
 * accepted and could not be stored is kept here and stored first when that is possible again, so a platform database that is away for
 * a while does not have events sent twice. Thread-safe.
 */
final class MarkWriter implements AutoCloseable {

    private static final int MOST = 500;

    private record Wish(@Nullable Mark accepted, @Nullable Mark wanted, CompletableFuture<Verdict> verdict) {}

    private final Marks marks;
    private final BlockingQueue<Wish> wishes = new LinkedBlockingQueue<>();
    private final Set<Mark> unstored = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private volatile boolean closed;

    MarkWriter(String sink, Marks marks) {
        this.marks = marks;
        this.thread = new Thread(this::run, "sync-" + sink + "-marks");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Returns when what was accepted is durable and the wanted event is claimed.
     *
     * @param accepted what the receiver has since the last call of this sender; null for nothing
     * @param wanted what is to be sent next; null for nothing
     * @return of the wanted event; {@link Verdict#ACCEPTED} where there is none
     * @throws org.springframework.dao.DataAccessException if it cannot be stored; then nothing may be sent
     */
    Verdict store(@Nullable Mark accepted, @Nullable Mark wanted) {
        if (accepted != null) {
            unstored.add(accepted);
        }
        CompletableFuture<Verdict> verdict = new CompletableFuture<>();
        wishes.add(new Wish(accepted, wanted, verdict));
        if (closed) {
            verdict.completeExceptionally(new IllegalStateException("Millrace stops"));
        }
        try {
            return verdict.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** Returns what was accepted by the receiver and is not known to be stored. */
    Set<Mark> unstored() {
        return Set.copyOf(unstored);
    }

    /** Stores what could not be stored. */
    void storeRest() {
        if (!unstored.isEmpty()) {
            store(null, null);
        }
    }

    private void run() {
        try {
            while (true) {
                List<Wish> some = new ArrayList<>();
                some.add(wishes.take());
                wishes.drainTo(some, MOST);
                store(some);
            }
        } catch (InterruptedException e) {
            closed = true;
            List<Wish> rest = new ArrayList<>();
            wishes.drainTo(rest);
            rest.forEach(wish -> wish.verdict().completeExceptionally(new IllegalStateException("Millrace stops")));
        }
    }

    private void store(List<Wish> some) {
        try {
            Set<Mark> accepted = unstored();
            Map<Mark, Verdict> verdicts = new HashMap<>(marks.store(
                    accepted,
                    some.stream()
                            .map(Wish::wanted)
                            .filter(java.util.Objects::nonNull)
                            .distinct()
                            .toList()));
            unstored.removeAll(accepted);
            for (Wish wish : some) {
                Mark wanted = wish.wanted();
                wish.verdict()
                        .complete(wanted == null ? Verdict.ACCEPTED : verdicts.getOrDefault(wanted, Verdict.HELD));
            }
        } catch (RuntimeException e) {
            some.forEach(wish -> wish.verdict().completeExceptionally(e));
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
