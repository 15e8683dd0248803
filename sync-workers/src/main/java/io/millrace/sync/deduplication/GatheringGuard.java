package io.millrace.sync.deduplication;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores the marks of all that are about effects of one sink: what comes while one transaction is committed goes into the next, together.
 * What took place and could not be stored is kept here and stored first when that is possible again, so a platform database that is away
 * for a while does not have effects twice.
 */
final class GatheringGuard implements Guard {

    private static final Logger log = LoggerFactory.getLogger(GatheringGuard.class);
    private static final int MOST = 500;

    private record Wish(@Nullable Mark done, @Nullable Mark wanted, CompletableFuture<Verdict> verdict) {}

    private final MarkStore marks;
    private final BlockingQueue<Wish> wishes = new LinkedBlockingQueue<>();
    /** What took place and could not be stored when that was tried. */
    private final Set<Mark> unstored = ConcurrentHashMap.newKeySet();

    private final Thread thread;
    private volatile boolean closed;

    GatheringGuard(String sink, MarkStore marks) {
        this.marks = marks;
        this.thread = new Thread(this::run, "sync-" + sink + "-marks");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public Set<String> done(Collection<Mark> events, boolean again) {
        return again ? marks.acceptedEver(events) : marks.accepted(events);
    }

    @Override
    public Verdict pass(@Nullable Mark done, @Nullable Mark next) {
        CompletableFuture<Verdict> verdict = new CompletableFuture<>();
        wishes.add(new Wish(done, next, verdict));
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

    @Override
    public void storeRest() {
        if (!unstored.isEmpty()) {
            pass(null, null);
        }
    }

    private void run() {
        try {
            while (true) {
                List<Wish> some = new ArrayList<>();
                some.add(wishes.take());
                try {
                    wishes.drainTo(some, MOST);
                    store(some);
                } catch (Throwable e) {
                    // whoever waits must hear of it, and this thread must live on for the next
                    fail(some, e);
                }
            }
        } catch (InterruptedException e) {
            closed = true;
            List<Wish> rest = new ArrayList<>();
            wishes.drainTo(rest);
            storeLast(rest);
            fail(rest, new IllegalStateException("Millrace stops"));
        }
    }

    /** Once: what is lost now is in doubt, and may have its effect again. */
    private void storeLast(List<Wish> rest) {
        rest.stream().map(Wish::done).filter(Objects::nonNull).forEach(unstored::add);
        if (unstored.isEmpty()) {
            return;
        }
        try {
            marks.store(Set.copyOf(unstored), List.of());
        } catch (RuntimeException e) {
            log.warn("That {} changes had their effect could not be noted: {}", unstored.size(), e.getMessage());
        }
    }

    private static void fail(List<Wish> some, Throwable e) {
        some.forEach(wish -> wish.verdict().completeExceptionally(e));
    }

    /** What took place is stored with the wish that says so and in no round before: whoever wished must hear whether it was taken over. */
    private void store(List<Wish> some) {
        Set<Mark> accepted = new HashSet<>(unstored);
        some.stream().map(Wish::done).filter(Objects::nonNull).forEach(accepted::add);
        Marks.Stored stored;
        try {
            stored = marks.store(
                    accepted,
                    some.stream()
                            .map(Wish::wanted)
                            .filter(Objects::nonNull)
                            .distinct()
                            .toList());
        } catch (Throwable e) {
            unstored.addAll(accepted);
            throw e;
        }
        unstored.removeAll(accepted);
        some.forEach(wish -> wish.verdict().complete(verdict(wish, stored)));
    }

    /** Whoever took the last change of a row over goes on with the row; this worker comes too late. */
    private static Verdict verdict(Wish wish, Marks.Stored stored) {
        Mark done = wish.done();
        Mark wanted = wish.wanted();
        if (wanted == null) {
            return Verdict.DONE;
        }
        return done != null && stored.takenOver().contains(done.eventId())
                ? Verdict.HELD
                : stored.verdicts().getOrDefault(wanted, Verdict.HELD);
    }

    /** Stores what took place and was not marked yet, if that is possible now; returns after 5 s at the latest. */
    void close() {
        thread.interrupt();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
