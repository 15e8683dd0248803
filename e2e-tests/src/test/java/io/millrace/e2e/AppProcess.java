package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One of the apps as an operating-system process, from the distribution that users get. */
final class AppProcess {

    private static final Path LIBRARIES = Path.of("../standalone/target/dist/lib");

    private final String name;
    private final List<String> command;
    private final String readyLine;
    private final Path log;
    private final Map<String, String> environment;
    private Process process;
    private long readFrom;

    AppProcess(String name, String readyLine, Map<String, String> environment, List<String> command) {
        this.name = name;
        this.readyLine = readyLine;
        this.environment = environment;
        this.log = Path.of("target/e2e", name + ".log").toAbsolutePath();
        this.command = command;
    }

    /** A main class of the distribution. */
    static AppProcess java(String name, String mainClass, int heapMegabytes, String readyLine, List<String> arguments) {
        assertThat(LIBRARIES).as("the distribution, built by `mvn package`").isDirectory();
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx" + heapMegabytes + "m",
                Campaign.JIT,
                "-Dlogging.config="
                        + Path.of("src/test/resources/app-logback.xml").toAbsolutePath(),
                "-cp",
                LIBRARIES.toAbsolutePath().normalize() + "/*",
                mainClass));
        command.addAll(arguments);
        return new AppProcess(name, readyLine, Map.of(), command);
    }

    /** Another process of the same app. */
    AppProcess twin(String other) {
        return new AppProcess(other, readyLine, environment, command);
    }

    /** SIGSTOP: the process keeps all that it has, and does nothing. */
    void freeze() {
        signal("STOP");
    }

    /** SIGCONT: it goes on as if nothing had been. */
    void thaw() {
        signal("CONT");
    }

    private void signal(String signal) {
        Signals.send(signal, process.pid());
    }

    /** Starts the process and waits until its log says that it is ready. */
    void start() {
        launch();
        awaitReady();
    }

    /** Starts the process. */
    void launch() {
        try {
            Files.createDirectories(log.getParent());
            long before = Files.exists(log) ? Files.size(log) : 0;
            readFrom = before;
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().putAll(environment);
            process = builder.redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot start " + name, e);
        }
    }

    void awaitReady() {
        await().alias(name + " is ready; its log is " + log)
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    assertThat(process.isAlive())
                            .as("%s ended with its log at %s:%n%s", name, log, tail())
                            .isTrue();
                    return output().contains(readyLine);
                });
    }

    /** What the process has printed since its last start. */
    String output() {
        try {
            String all = Files.readString(log);
            return all.substring((int) Math.min(readFrom, all.length()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String tail() {
        String output = output();
        return output.substring(Math.max(0, output.length() - 3_000));
    }

    boolean isAlive() {
        return process != null && process.isAlive();
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    /** SIGKILL: nothing is drained, nothing is said. */
    void kill9() {
        process.destroyForcibly();
        awaitExit();
    }

    /** SIGTERM, as Ctrl-C or a service manager does; returns the exit code. */
    int stop() {
        process.destroy();
        return awaitExit();
    }

    int awaitExit() {
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS))
                    .as("%s ends within a minute", name)
                    .isTrue();
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
