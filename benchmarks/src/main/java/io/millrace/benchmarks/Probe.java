package io.millrace.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Follows changes into one sink, one after the other in a thread of its own, by asking every millisecond. What it reports is an upper
 * bound: a change that arrived while an earlier one was waited for counts from when it was asked for.
 */
final class Probe {

    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);
    private static final Change END = new Change(-1, 0, 0);

    private record Change(long id, long value, long committed) {}

    /** Asks a sink whether a row holds a value. */
    @FunctionalInterface
    interface Question {
        boolean holds(long id, long value) throws Exception;
    }

    private final String sink;
    private final Question question;
    private final BlockingQueue<Change> changes = new LinkedBlockingQueue<>();
    private final List<Double> milliseconds = new ArrayList<>();
    private final Thread thread;
    private int lost;
    private volatile @Nullable Exception failure;

    Probe(String sink, Question question) {
        this.sink = sink;
        this.question = question;
        this.thread = new Thread(this::run, "probe-" + sink);
        thread.setDaemon(true);
        thread.start();
    }

    void follow(long id, long value, long committed) {
        changes.add(new Change(id, value, committed));
    }

    /** Returns when all are followed. */
    void finish() throws Exception {
        changes.add(END);
        thread.join();
        Exception failed = failure;
        if (failed != null) {
            throw failed;
        }
        Collections.sort(milliseconds);
    }

    private void run() {
        try {
            for (Change change = changes.take(); change.id() >= 0; change = changes.take()) {
                await(change);
            }
        } catch (Exception e) {
            failure = e;
        }
    }

    private void await(Change change) throws Exception {
        while (!question.holds(change.id(), change.value())) {
            if (System.nanoTime() - change.committed() > PATIENCE) {
                lost++;
                return;
            }
            LockSupport.parkNanos(PAUSE);
        }
        milliseconds.add((System.nanoTime() - change.committed()) / 1e6);
    }

    String sink() {
        return sink;
    }

    int lost() {
        return lost;
    }

    /** The smallest latency that so many percent do not exceed; the patience where none arrived. */
    double percentile(double percent) {
        if (milliseconds.isEmpty()) {
            return PATIENCE / 1e6;
        }
        int index = (int) Math.ceil(percent / 100 * milliseconds.size()) - 1;
        return milliseconds.get(Math.max(0, index));
    }
}
