package io.millrace.benchmarks;

import io.millrace.standalone.Api;
import io.millrace.standalone.Refusal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A whole Millrace as people start it, on ports and a data directory that disturb no other. */
@SuppressWarnings("SystemOut")
final class BenchProcess implements AutoCloseable {

    // below the ports that Linux gives to outgoing connections
    static final int POSTGRES = 27432;
    static final int ELASTICSEARCH = 27200;
    static final int REDIS = 27379;
    private static final int KAFKA = 27092;
    private static final int WEB = 27080;
    private static final int MANAGEMENT = 27081;
    private static final Duration STOP_PATIENCE = Duration.ofMinutes(1);

    private final Process process;
    private final double readySeconds;

    private BenchProcess(Process process, double readySeconds) {
        this.process = process;
        this.readySeconds = readySeconds;
    }

    /** Starts it and returns when it says that a change can flow. */
    static BenchProcess start(boolean clean, boolean demo) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx512m",
                "-XX:+UseParallelGC",
                "-Dmillrace.home=" + System.getProperty("millrace.home", ""),
                "-Dmillrace.services.dir=" + System.getProperty("millrace.services.dir", ""),
                "-cp",
                System.getProperty("java.class.path"),
                "io.millrace.standalone.Millrace",
                "up",
                "--data=" + data(),
                "--port=" + WEB,
                "--management-port=" + MANAGEMENT,
                "--postgres-port=" + POSTGRES,
                "--kafka-port=" + KAFKA,
                "--elasticsearch-port=" + ELASTICSEARCH,
                "--redis-port=" + REDIS));
        if (clean) {
            command.add("--clean");
        }
        if (!demo) {
            command.add("--no-demo");
        }
        long begin = System.nanoTime();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy, "bench-stop"));
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        List<String> said = new ArrayList<>();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            said.add(line);
            if (line.startsWith("Millrace is ready")) {
                double seconds = (System.nanoTime() - begin) / 1e9;
                drain(output);
                return new BenchProcess(process, seconds);
            }
        }
        throw new Refusal("The measured Millrace did not start. It said:\n" + String.join("\n", said));
    }

    /** Reads on, so that the process never waits for someone to read what it says. */
    private static void drain(BufferedReader output) {
        Thread reader = new Thread(
                () -> {
                    try {
                        output.transferTo(Writer.nullWriter());
                    } catch (IOException e) {
                        // it has ended
                    }
                },
                "bench-output");
        reader.setDaemon(true);
        reader.start();
    }

    private static Path data() {
        return Path.of(System.getProperty("millrace.home", ""), "benchmarks/target/data")
                .toAbsolutePath();
    }

    double readySeconds() {
        return readySeconds;
    }

    Api api() throws IOException {
        return Api.local(data());
    }

    static Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:" + POSTGRES + "/" + database, "postgres", "postgres");
    }

    /** Registers a table of the schema public for all sinks and waits until its rows are there. */
    void register(String table) throws IOException, InterruptedException {
        Api.Answer answer = api().post(
                        "/tables",
                        "{\"source\":\"shop\",\"schema\":\"public\",\"table\":\"" + table
                                + "\",\"sinks\":[\"elasticsearch\",\"redis\",\"audit\"]}",
                        Duration.ofSeconds(30));
        if (!answer.ok()) {
            throw new Refusal("The table " + table + " was not registered: " + answer.problem());
        }
        barrier(Duration.ofMinutes(2));
    }

    /** Waits until everything that was committed is in every sink. */
    void barrier(Duration timeout) throws IOException, InterruptedException {
        Api.Answer answer = api().barrier(timeout);
        if (!answer.ok()) {
            throw new Refusal("The sinks did not catch up: " + answer.problem());
        }
    }

    /** Stops it and everything that it started. */
    @Override
    public void close() {
        process.destroy();
        try {
            process.onExit().get(STOP_PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new Refusal("The measured Millrace (process " + process.pid() + ") does not stop: kill it.", e);
        }
    }
}
