package io.millrace.localstack;

import io.millrace.localstack.ServiceProgress.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings one service up and down. */
final class Supervisor {

    private static final Logger log = LoggerFactory.getLogger(Supervisor.class);

    private final Service service;
    private final Server server;
    private final ServiceProcess process;
    private final int port;
    private final Duration timeout;
    private final Path home;
    private final ProgressListener listener;

    Supervisor(
            Service service,
            Server server,
            ServiceProcess process,
            Path home,
            int port,
            Duration timeout,
            ProgressListener listener) {
        this.service = service;
        this.server = server;
        this.process = process;
        this.home = home;
        this.port = port;
        this.timeout = timeout;
        this.listener = listener;
    }

    /** Returns when the service answers; when it fails nothing of it is left. */
    void start() throws InterruptedException {
        long begin = System.nanoTime();
        if (process.mainIsAlive()) {
            throw new LocalStackException(service.displayName() + " runs already");
        }
        // what outlived its parent would hold the data
        process.kill();
        try {
            Files.createDirectories(home);
            process.rollLog();
            report(State.PREPARING, "preparing", begin);
            server.prepare(workshop(begin));
            report(State.STARTING, "starting on port " + port, begin);
            awaitPort();
            process.launch(server.command(), server.environment());
            awaitAnswer(begin);
            server.complete();
            process.recordChildren();
        } catch (InterruptedException e) {
            process.kill();
            throw e;
        } catch (Exception e) {
            process.kill();
            report(State.FAILED, "failed after " + seconds(begin), begin);
            throw e instanceof LocalStackException said
                    ? said
                    : new LocalStackException(
                            service.displayName() + " cannot be started: " + e + ". " + process.lastLines(), e);
        }
        report(State.READY, "ready in " + seconds(begin), begin);
    }

    /** The system may give back the port of the process before a moment after its end. */
    private void awaitPort() throws InterruptedException {
        for (int attempt = 0; !PortCheck.isFree(port); attempt++) {
            if (attempt == 100) {
                throw PortCheck.taken(service, port);
            }
            Thread.sleep(100);
        }
    }

    private void awaitAnswer(long begin) throws InterruptedException {
        Exception last = null;
        while (System.nanoTime() - begin < timeout.toNanos()) {
            if (!process.mainIsAlive()) {
                throw new LocalStackException(
                        service.displayName() + " ended while it was starting. " + process.lastLines());
            }
            try {
                if (PortCheck.isOpen(port) && server.answers()) {
                    return;
                }
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                log.debug("{} does not answer yet", service.displayName(), e);
                last = e;
            }
            Thread.sleep(50);
        }
        throw new LocalStackException(
                service.displayName() + " does not answer on port " + port + " after " + timeout.toSeconds() + " s"
                        + (last == null ? "" : " (" + last + ")") + ". " + process.lastLines(),
                last);
    }

    private Workshop workshop(long begin) {
        return new Workshop() {
            @Override
            public void say(String message) {
                report(State.PREPARING, message, begin);
            }

            @Override
            public void run(List<String> command, Map<String, String> environment, Duration limit)
                    throws InterruptedException {
                process.run(command, environment, limit);
            }
        };
    }

    void stop() {
        if (process.isAlive()) {
            long begin = System.nanoTime();
            report(State.STOPPING, "stopping", begin);
            boolean byItself = process.stop(service.stopSignal(), ServiceProcess.GRACE);
            report(State.STOPPED, (byItself ? "stopped in " : "killed after ") + seconds(begin), begin);
        }
    }

    void kill() {
        long begin = System.nanoTime();
        process.kill();
        report(State.STOPPED, "killed", begin);
    }

    boolean isRunning() {
        return process.mainIsAlive();
    }

    /** Nothing is started from now on. */
    void retire() {
        process.retire();
    }

    private void report(State state, String message, long begin) {
        listener.onProgress(new ServiceProgress(service, state, message, Duration.ofNanos(System.nanoTime() - begin)));
    }

    private static String seconds(long begin) {
        return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - begin) / 1e9);
    }
}
