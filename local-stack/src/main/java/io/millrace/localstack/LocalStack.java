package io.millrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
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
    private final Supervisors supervisors;
    private final @Nullable DataDirectory owned;
    private final Thread shutdownHook = new Thread(this::close, "local-stack-shutdown");
    private boolean closed;

    /** @param owned the data directory where it is this JVM's, or null for a stack that another one runs */
    private LocalStack(LocalStackOptions options, Supervisors supervisors, @Nullable DataDirectory owned) {
        this.options = options;
        this.supervisors = supervisors;
        this.owned = owned;
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
            stack = new LocalStack(
                    options, new Supervisors(options, services, unprivileged, oneAtATime(progress)), data);
        } catch (RuntimeException e) {
            data.close();
            throw e;
        }
        try {
            Runtime.getRuntime().addShutdownHook(stack.shutdownHook);
            stack.supervisors.startAll();
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
        Supervisors supervisors = new Supervisors(options, services, Unprivileged.detect(), ProgressListener.SILENT);
        LocalStack stack = new LocalStack(options, supervisors, null);
        for (Service service : Service.values()) {
            if (!stack.isRunning(service)) {
                throw new LocalStackException(service.displayName() + " of the local stack in "
                        + options.dataDirectory() + " does not run: start that stack again");
            }
        }
        return stack;
    }

    private static ProgressListener oneAtATime(ProgressListener listener) {
        Object turn = new Object();
        return event -> {
            synchronized (turn) {
                listener.onProgress(event);
            }
        };
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
        return supervisors.of(service).isRunning();
    }

    /** Starts a stopped or killed service on the port it had, and returns when it answers. */
    public void start(Service service) throws InterruptedException {
        supervisors.of(service).start();
    }

    /** Stops a service as its makers want it stopped, and returns when it is gone. */
    public void stop(Service service) {
        supervisors.of(service).stop();
    }

    /** Kills a service with all its processes (SIGKILL), as a crash would, and returns when it is gone. */
    public void kill(Service service) {
        supervisors.of(service).kill();
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
            supervisors.retireAll();
            owned.close();
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
