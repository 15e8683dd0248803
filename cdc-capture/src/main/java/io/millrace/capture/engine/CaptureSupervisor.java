package io.millrace.capture.engine;

import io.millrace.catalog.Source;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Keeps one runner for every registered source. Stopping waits until what was read is safe. */
final class CaptureSupervisor implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(CaptureSupervisor.class);
    private static final long LOOK_MILLIS = 500;

    private final CaptureContext context;
    private final Map<String, Running> runners = new TreeMap<>();
    private @Nullable Thread thread;
    private volatile boolean running;

    CaptureSupervisor(CaptureContext context) {
        this.context = context;
    }

    private record Running(SourceRunner runner, Thread thread) {

        void end(boolean drain) {
            if (drain) {
                runner.stopping().request();
            } else {
                runner.stopping().abandon();
            }
        }

        void join(long millis) throws InterruptedException {
            thread.join(millis);
            if (thread.isAlive()) {
                thread.interrupt();
                thread.join(TimeUnit.SECONDS.toMillis(5));
            }
        }
    }

    @Override
    public synchronized void start() {
        if (running || !context.properties().enabled()) {
            return;
        }
        running = true;
        thread = new Thread(this::supervise, "capture-supervisor");
        thread.start();
    }

    private void supervise() {
        while (running) {
            try {
                look();
            } catch (RuntimeException e) {
                LOG.warn("The catalog does not answer; registered sources are looked for again: {}", e.getMessage());
            }
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private synchronized void look() {
        Set<String> registered =
                context.catalog().sources().stream().map(Source::name).collect(Collectors.toSet());
        for (String source : registered) {
            if (running) {
                runners.computeIfAbsent(source, this::begin);
            }
        }
        runners.entrySet().removeIf(entry -> {
            if (registered.contains(entry.getKey())) {
                return false;
            }
            entry.getValue().end(true);
            context.status().forget(entry.getKey());
            return true;
        });
    }

    private Running begin(String source) {
        SourceRunner runner = new SourceRunner(source, context);
        Thread runs = new Thread(runner, "capture-" + source);
        runs.start();
        return new Running(runner, runs);
    }

    @Override
    public void stop() {
        stop(true);
    }

    /** @param drain false to end as a killed process would: the tests of what a kill must not lose */
    void stop(boolean drain) {
        running = false;
        if (thread != null) {
            thread.interrupt();
        }
        synchronized (this) {
            runners.values().forEach(running -> running.end(drain));
            try {
                for (Running each : runners.values()) {
                    each.join(context.properties().drainTimeout().toMillis() + TimeUnit.SECONDS.toMillis(20));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            runners.clear();
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
