package io.millrace.standalone;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes what was started, last first, whether by Ctrl-C, SIGTERM or a start that failed. One hook for all of it, because the JVM
 * runs hooks in no order.
 */
final class Shutdown {

    private static final Logger log = LoggerFactory.getLogger(Shutdown.class);

    private record Step(String what, AutoCloseable closeable) {}

    private final Deque<Step> open = new ArrayDeque<>();
    private final Steps steps;
    private boolean begun;

    private Shutdown(Steps steps) {
        this.steps = steps;
    }

    static Shutdown atExit(Steps steps) {
        Shutdown shutdown = new Shutdown(steps);
        Runtime.getRuntime().addShutdownHook(new Thread(shutdown::run, "millrace-shutdown"));
        return shutdown;
    }

    /**
     * Has something closed at the end, before all that was added earlier.
     *
     * @param what the line to show, or empty for none
     */
    synchronized <T extends AutoCloseable> T add(String what, T closeable) {
        if (begun) {
            close(new Step(what, closeable));
        } else {
            open.push(new Step(what, closeable));
        }
        return closeable;
    }

    /** Returns whether everything is being stopped. */
    synchronized boolean begun() {
        return begun;
    }

    private synchronized void run() {
        begun = true;
        while (!open.isEmpty()) {
            close(open.pop());
        }
    }

    private void close(Step step) {
        if (!step.what().isEmpty()) {
            steps.step(step.what());
        }
        try {
            step.closeable().close();
        } catch (Exception e) {
            log.error("{} failed: {}", step.what().isEmpty() ? "Stopping" : step.what(), e.toString(), e);
        }
    }
}
