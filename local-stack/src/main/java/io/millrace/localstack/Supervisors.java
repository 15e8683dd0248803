package io.millrace.localstack;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/** The supervisors of the four services, brought up and down together. */
final class Supervisors {

    /** How long one service may take until it answers: a slow disk and a busy machine are no failure. */
    private static final Duration START_TIMEOUT = Duration.ofMinutes(3);

    private final Map<Service, Supervisor> all = new EnumMap<>(Service.class);

    Supervisors(
            LocalStackOptions options,
            ServicesDirectory services,
            Unprivileged unprivileged,
            ProgressListener listener) {
        for (Service service : Service.values()) {
            Path home = options.dataDirectory().resolve(service.key());
            int port = options.ports().of(service);
            ServiceProcess process = DataDirectory.process(options.dataDirectory(), service);
            Server server = server(service, home, port, options.tuning(), services, unprivileged);
            all.put(service, new Supervisor(service, server, process, home, port, START_TIMEOUT, listener));
        }
    }

    private static Server server(
            Service service,
            Path home,
            int port,
            ServiceTuning tuning,
            ServicesDirectory services,
            Unprivileged unprivileged) {
        return switch (service) {
            case POSTGRESQL -> new PostgresServer(home, port, tuning.postgresFsync(), services, unprivileged);
            case KAFKA -> new KafkaServer(home, port, tuning.kafkaHeapMegabytes(), services);
            case ELASTICSEARCH ->
                new ElasticsearchServer(home, port, tuning.elasticsearchHeapMegabytes(), services, unprivileged);
            case REDIS -> new RedisServer(home, port, services);
        };
    }

    Supervisor of(Service service) {
        Supervisor supervisor = all.get(service);
        if (supervisor == null) {
            throw new IllegalArgumentException("No service " + service);
        }
        return supervisor;
    }

    /**
     * Starts all at once and returns when all answer. When one fails, the others may be running still.
     *
     * @throws LocalStackException what the first that failed said
     */
    void startAll() throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(all.size());
        try {
            var starts = new ExecutorCompletionService<Void>(threads);
            for (Supervisor supervisor : all.values()) {
                Callable<Void> start = () -> {
                    supervisor.start();
                    return null;
                };
                starts.submit(start);
            }
            for (int i = 0; i < all.size(); i++) {
                starts.take().get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof LocalStackException said
                    ? said
                    : new LocalStackException("The local stack cannot be started: " + e.getCause(), e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }

    /** Stops all at once, for good, and returns when they are gone, even to an interrupted caller. */
    void retireAll() {
        Consumer<Supervisor> stop = supervisor -> {
            supervisor.retire();
            supervisor.stop();
        };
        List<Thread> stopping = all.values().stream()
                .map(supervisor -> new Thread(() -> stop.accept(supervisor), "local-stack-stop"))
                .toList();
        stopping.forEach(Thread::start);
        stopping.forEach(Supervisors::join);
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
