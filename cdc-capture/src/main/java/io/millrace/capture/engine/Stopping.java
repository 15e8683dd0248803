package io.millrace.capture.engine;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Whether a runner is to end, and how. Requested from any thread, followed by the runner's. */
final class Stopping {

    private static final long STEP_MILLIS = 50;

    private volatile boolean requested;
    private volatile boolean abandoned;

    /** Ends the run at the next opportunity, after what was read is safe. */
    void request() {
        requested = true;
    }

    /** Ends the run as a killed process would: nothing is waited for. */
    void abandon() {
        abandoned = true;
        requested = true;
    }

    boolean requested() {
        return requested;
    }

    boolean abandoned() {
        return abandoned;
    }

    /** Waits that long, or until the run is to end. */
    void pause(Duration time) throws InterruptedException {
        long until = System.nanoTime() + time.toNanos();
        while (!requested && System.nanoTime() - until < 0) {
            TimeUnit.MILLISECONDS.sleep(Math.min(STEP_MILLIS, Math.max(1, time.toMillis())));
        }
    }
}
