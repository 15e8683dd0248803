package io.millrace.localstack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/** A PostgreSQL cluster that can be captured from. */
final class PostgresServer implements Server {

    private static final List<String> DATABASES = List.of("shop", "millrace");

    private final Path home;
    private final Path data;
    private final int port;
    private final boolean fsync;
    private final ServicesDirectory services;
    private final Unprivileged unprivileged;
    private final String version;
    private Path binaries = Path.of("");

    PostgresServer(Path home, int port, boolean fsync, ServicesDirectory services, Unprivileged unprivileged) {
        this(home, port, fsync, services, unprivileged, "");
    }

    /** @param version the major one, or empty for the stack's */
    PostgresServer(
            Path home, int port, boolean fsync, ServicesDirectory services, Unprivileged unprivileged, String version) {
        this.home = home;
        this.data = home.resolve("data");
        this.port = port;
        this.fsync = fsync;
        this.services = services;
        this.unprivileged = unprivileged;
        this.version = version;
    }

    @Override
    public void prepare(Workshop workshop) throws IOException, InterruptedException {
        binaries = services.postgresql(version, workshop::say).resolve("bin");
        if (!Files.exists(data)) {
            initialise(workshop);
        }
        write(data.resolve("postgresql.conf"), configuration());
        write(data.resolve("pg_hba.conf"), """
                # passwords are asked for, as in production: a wrong one has to be refused here too
                host all all 127.0.0.1/32 scram-sha-256
                host replication all 127.0.0.1/32 scram-sha-256
                """);
        removeStaleLock();
        unprivileged.own(home);
    }

    /** Makes the cluster aside and renames it, so that an interrupted one is never taken for a whole one. */
    private void initialise(Workshop workshop) throws IOException, InterruptedException {
        workshop.say("creating the cluster");
        Path aside = home.resolve("data.new");
        Trees.delete(aside);
        Files.createDirectories(aside);
        Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rwx------"));
        Path password = Files.writeString(home.resolve("password"), LocalStack.POSTGRES_PASSWORD + "\n");
        unprivileged.own(home);
        workshop.run(
                as(
                        "initdb",
                        "-D",
                        aside.toString(),
                        "-U",
                        LocalStack.POSTGRES_USER,
                        "--pwfile=" + password,
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        "--locale=C",
                        "--no-sync",
                        "--no-instructions"),
                Map.of(),
                Duration.ofMinutes(2));
        Files.delete(password);
        Files.move(aside, data, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text);
    }

    private String configuration() {
        return """
                # written at every start; ALTER SYSTEM goes to postgresql.auto.conf, which wins
                listen_addresses = '127.0.0.1'
                port = %d
                unix_socket_directories = ''
                max_connections = 200
                password_encryption = scram-sha-256
                wal_level = logical
                max_replication_slots = 20
                max_wal_senders = 20
                max_prepared_transactions = 20
                synchronous_commit = on
                fsync = %s
                shared_buffers = 256MB
                max_wal_size = 2GB
                wal_compression = on
                jit = off
                timezone = 'UTC'
                log_timezone = 'UTC'
                datestyle = 'iso, mdy'
                lc_messages = 'C'
                log_line_prefix = '%%m [%%p] %%u@%%d '
                """.formatted(port, fsync ? "on" : "off");
    }

    /**
     * PostgreSQL refuses to start while a process lives that has the pid in postmaster.pid, and every process of the same user will do:
     * after a crash and a reboot it can be any. If that process does not work in this cluster, the file says nothing.
     */
    private void removeStaleLock() throws IOException {
        Path lock = data.resolve("postmaster.pid");
        if (Files.exists(lock)) {
            String pid =
                    Files.readAllLines(lock).stream().findFirst().orElse("").strip();
            Path directory = Path.of("/proc", pid.matches("\\d+") ? pid : "0", "cwd");
            if (!Files.exists(directory) || !Files.isSameFile(directory, data)) {
                Files.delete(lock);
            }
        }
    }

    private List<String> as(String program, String... arguments) {
        return Stream.of(
                        unprivileged.prefix().stream(),
                        Stream.of(binaries.resolve(program).toString()),
                        Stream.of(arguments))
                .flatMap(words -> words)
                .toList();
    }

    @Override
    public List<String> command() {
        return as("postgres", "-D", data.toString());
    }

    @Override
    public boolean answers() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT current_setting('data_directory'), current_setting('wal_level'), pg_is_in_recovery()")) {
            return row.next()
                    && Path.of(row.getString(1)).equals(data)
                    && row.getString(2).equals("logical")
                    && row.getBoolean(3) == isStandby();
        }
    }

    private boolean isStandby() {
        return Files.exists(data.resolve(PostgresCluster.STANDBY));
    }

    @Override
    public void complete() throws SQLException {
        if (isStandby()) {
            return;
        }
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String database : DATABASES) {
                boolean missing;
                try (ResultSet row =
                        statement.executeQuery("SELECT count(*) FROM pg_database WHERE datname = '" + database + "'")) {
                    missing = row.next() && row.getInt(1) == 0;
                }
                if (missing) {
                    statement.execute("CREATE DATABASE " + database);
                }
            }
        }
    }

    private Connection connect() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", LocalStack.POSTGRES_USER);
        properties.setProperty("password", LocalStack.POSTGRES_PASSWORD);
        properties.setProperty("connectTimeout", "5");
        properties.setProperty("socketTimeout", "60");
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres", properties);
    }
}
