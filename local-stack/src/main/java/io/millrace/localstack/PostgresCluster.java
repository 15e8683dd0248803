package io.millrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * One more PostgreSQL, beside a local stack's: for tests of what may become of a source, which is copied, set back, promoted or of an
 * older version. It has the stack's settings and superuser, and the databases {@code shop} and {@code millrace}. Not thread-safe.
 */
public final class PostgresCluster implements AutoCloseable {

    static final String STANDBY = "standby.signal";

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path home;
    private final String version;
    private final int port = Ports.free();
    private final ServiceProcess process;
    private final Supervisor supervisor;
    private final Thread shutdownHook = new Thread(this::kill, "postgres-cluster-shutdown");

    private PostgresCluster(Path directory, String version) throws InterruptedException {
        Path root = directory.toAbsolutePath().normalize();
        this.home = root.resolve(Service.POSTGRESQL.key());
        this.version = version;
        this.process = DataDirectory.process(root, Service.POSTGRESQL);
        ServicesDirectory services = ServicesDirectory.find(null);
        PostgresServer server = new PostgresServer(home, port, true, services, Unprivileged.detect(), version);
        this.supervisor =
                new Supervisor(Service.POSTGRESQL, server, process, home, port, PATIENCE, ProgressListener.SILENT);
    }

    /**
     * Makes a new cluster in a directory, in place of what is there, and does not start it yet.
     *
     * @param version the major one, or empty for the stack's
     */
    public static PostgresCluster create(Path directory, String version) throws InterruptedException {
        try {
            Trees.delete(directory);
            Files.createDirectories(directory.resolve("run"));
            Files.createDirectories(directory.resolve("logs"));
            return new PostgresCluster(directory, version);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot make a cluster in " + directory, e);
        }
    }

    /** Copies this cluster, which must be stopped, as a backup of its files would. */
    public PostgresCluster copyTo(Path directory) throws InterruptedException {
        PostgresCluster copy = create(directory, version);
        try {
            Files.createDirectories(copy.home);
            copy.process.run(List.of("cp", "-a", data(home).toString(), copy.home.toString()), Map.of(), PATIENCE);
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot copy " + home + " to " + directory, e);
        }
    }

    /** Sets parameters for the next start, each as a line of postgresql.conf. */
    public PostgresCluster with(String... lines) {
        try {
            Files.write(
                    data(home).resolve("postgresql.auto.conf"),
                    List.of(lines),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot configure " + home, e);
        }
    }

    /** Makes this copy of a primary follow it from the next start on, until it is promoted. Slots stay behind, as in a base backup. */
    public PostgresCluster following(PostgresCluster primary, String physicalSlot) {
        try {
            Trees.delete(data(home).resolve("pg_replslot"));
            Files.createDirectory(data(home).resolve("pg_replslot"));
            Files.writeString(data(home).resolve(STANDBY), "");
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot configure " + home, e);
        }
        return with(
                "primary_conninfo = 'host=127.0.0.1 port=" + primary.port + " user=" + LocalStack.POSTGRES_USER
                        + " password=" + LocalStack.POSTGRES_PASSWORD + " dbname=postgres'",
                "primary_slot_name = '" + physicalSlot + "'",
                "hot_standby_feedback = on");
    }

    private static Path data(Path home) {
        return home.resolve("data");
    }

    /** Starts it, and returns when it answers. */
    public PostgresCluster start() throws InterruptedException {
        supervisor.start();
        Runtime.getRuntime().addShutdownHook(shutdownHook);
        return this;
    }

    /** Stops it as its makers want it stopped. */
    public void stop() {
        Runtime.getRuntime().removeShutdownHook(shutdownHook);
        supervisor.stop();
    }

    /** Kills it, as a crash would. */
    public void kill() {
        supervisor.kill();
    }

    public int port() {
        return port;
    }

    public String jdbcUrl(String database) {
        return "jdbc:postgresql://localhost:" + port + "/" + database;
    }

    @Override
    public void close() {
        stop();
    }
}
