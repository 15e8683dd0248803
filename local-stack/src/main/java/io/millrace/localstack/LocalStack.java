package io.millrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Real PostgreSQL, Kafka, Elasticsearch and Redis on localhost. Whoever started them owns them: {@link #close()} stops them, and so
 * does the JVM's shutdown unless {@link LocalStackOptions#stopAtExit()} says otherwise. All methods may be called from any
 * thread; two at a time for the same service are in no order.
 */
public final class LocalStack implements AutoCloseable {

    /** PostgreSQL's superuser. */
    public static final String POSTGRES_USER = "postgres";

    /** The superuser's password, asked for by every connection. */
    public static final String POSTGRES_PASSWORD = "postgres";

    private final LocalStackOptions options;
    private final Map<Service, Supervisor> supervisors;
    private final @Nullable DataDirectory owned;
    private final Thread shutdownHook = new Thread(this::close, "local-stack-shutdown");
    private boolean closed;

    private LocalStack(
            LocalStackOptions options,
            ServicesDirectory services,
            Unprivileged unprivileged,
            @Nullable DataDirectory owned,
            ProgressListener listener) {
        this.options = options;
        this.owned = owned;
        this.supervisors = new EnumMap<>(Service.class);
        for (Service service : Service.values()) {
            Path home = options.dataDirectory().resolve(service.key());
            int port = options.ports().of(service);
            Server server =
                    switch (service) {
                        case POSTGRESQL ->
                            new PostgresServer(home, port, options.postgresFsync(), services, unprivileged);
                        case KAFKA -> new KafkaServer(home, port, options.kafkaHeapMegabytes(), services);
                        case ELASTICSEARCH ->
                            new ElasticsearchServer(
                                    home, port, options.elasticsearchHeapMegabytes(), services, unprivileged);
                        case REDIS -> new RedisServer(home, port, services);
                    };
            ServiceProcess process = DataDirectory.process(options.dataDirectory(), service);
            supervisors.put(
                    service, new Supervisor(service, server, process, home, port, options.startTimeout(), listener));
        }
    }

    /**
     * Starts all four services at once and returns when all answer. What an earlier, killed run left behind in this data directory is
     * stopped first. When one fails or the caller is interrupted, none is left running.
     *
     * @throws LocalStackException with a message for people: a taken port, a data directory in use, a service that ended
     */
    public static LocalStack start(LocalStackOptions wanted, ProgressListener progress) throws InterruptedException {
        if (!Files.isDirectory(Path.of("/proc/self"))) {
            throw new LocalStackException(
                    "The local stack runs on Linux only: elsewhere use the compose file in docker/");
        }
        ServicesDirectory services = ServicesDirectory.find(wanted.servicesDirectory());
        Unprivileged unprivileged = Unprivileged.detect();
        DataDirectory data = DataDirectory.take(wanted.dataDirectory());
        LocalStack stack;
        try {
            data.endOrphans();
            if (wanted.clean()) {
                data.clean();
            }
            LocalStackOptions options = wanted.withPorts(PortCheck.resolve(wanted.ports()));
            Object oneAtATime = new Object();
            stack = new LocalStack(options, services, unprivileged, data, event -> {
                synchronized (oneAtATime) {
                    progress.onProgress(event);
                }
            });
        } catch (RuntimeException e) {
            data.close();
            throw e;
        }
        try {
            Runtime.getRuntime().addShutdownHook(stack.shutdownHook);
            stack.startAll();
            StackDescription.write(stack.options, services.root());
            if (!wanted.stopAtExit()) {
                stack.removeShutdownHook();
            }
            return stack;
        } catch (IOException e) {
            stack.close();
            throw new UncheckedIOException("Cannot describe the stack in " + wanted.dataDirectory(), e);
        } catch (RuntimeException | InterruptedException e) {
            stack.close();
            throw e;
        }
    }

    /**
     * Connects to a stack that another process runs. Its services can be stopped, killed and started from here too; closing leaves them
     * as they are.
     *
     * @param description the {@code stack.properties} in that stack's data directory
     * @throws LocalStackException when there is no such description, or a service does not run
     */
    public static LocalStack attach(Path description) throws InterruptedException {
        LocalStackOptions options = StackDescription.read(description);
        ServicesDirectory services = ServicesDirectory.find(options.servicesDirectory());
        LocalStack stack = new LocalStack(options, services, Unprivileged.detect(), null, ProgressListener.SILENT);
        for (Service service : Service.values()) {
            if (!stack.isRunning(service)) {
                throw new LocalStackException(service.displayName() + " of the local stack in "
                        + options.dataDirectory() + " does not run: start that stack again");
            }
        }
        return stack;
    }

    private void startAll() throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(supervisors.size());
        try {
            var starts = new ExecutorCompletionService<Void>(threads);
            for (Supervisor supervisor : supervisors.values()) {
                Callable<Void> start = () -> {
                    supervisor.start();
                    return null;
                };
                starts.submit(start);
            }
            for (int i = 0; i < supervisors.size(); i++) {
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

    public String postgresJdbcUrl(String database) {
        return "jdbc:postgresql://localhost:" + postgresPort() + "/" + database;
    }

    public int postgresPort() {
        return options.ports().postgresql();
    }

    public String kafkaBootstrapServers() {
        return "localhost:" + options.ports().kafka();
    }

    public URI elasticsearchUri() {
        return URI.create("http://localhost:" + options.ports().elasticsearch());
    }

    public URI redisUri() {
        return URI.create("redis://localhost:" + redisPort());
    }

    public int redisPort() {
        return options.ports().redis();
    }

    public Path dataDirectory() {
        return options.dataDirectory();
    }

    /** The description that {@link #attach} takes. */
    public Path description() {
        return StackDescription.in(options.dataDirectory());
    }

    /** Whether the service's process lives; it may still be starting. */
    public boolean isRunning(Service service) {
        return supervisor(service).isRunning();
    }

    /** Starts a stopped or killed service on the port it had, and returns when it answers. */
    public void start(Service service) throws InterruptedException {
        supervisor(service).start();
    }

    /** Stops a service as its makers want it stopped, and returns when it is gone. */
    public void stop(Service service) {
        supervisor(service).stop();
    }

    /** Kills a service with all its processes (SIGKILL), as a crash would, and returns when it is gone. */
    public void kill(Service service) {
        supervisor(service).kill();
    }

    private Supervisor supervisor(Service service) {
        Supervisor supervisor = supervisors.get(service);
        if (supervisor == null) {
            throw new IllegalArgumentException("No service " + service);
        }
        return supervisor;
    }

    /** Stops all services, all at once, and gives the data directory back; the second call does nothing. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed || owned == null) {
                return;
            }
            closed = true;
            removeShutdownHook();
            try {
                Files.deleteIfExists(description());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Consumer<Supervisor> stop = supervisor -> {
                supervisor.retire();
                supervisor.stop();
            };
            List<Thread> stopping = supervisors.values().stream()
                    .map(supervisor -> new Thread(() -> stop.accept(supervisor), "local-stack-stop"))
                    .toList();
            stopping.forEach(Thread::start);
            stopping.forEach(LocalStack::join);
            owned.close();
        }
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

    private void removeShutdownHook() {
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException e) {
            // the JVM is shutting down: this may be the hook itself
        }
    }
}
