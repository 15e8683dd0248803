package io.millrace.localstack;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Starts and ends the processes of one service, and records each the moment it exists. */
final class ServiceProcess {

    /** How long a service may take to stop by itself before it is killed. */
    static final Duration GRACE = Duration.ofSeconds(30);

    private static final Duration AFTER_KILL = Duration.ofSeconds(20);
    private static final int LAST_LINES = 15;

    private final Service service;
    private final ProcessRecord record;
    private final Path log;
    private final Path workingDirectory;
    private boolean retired;

    ServiceProcess(Service service, ProcessRecord record, Path log, Path workingDirectory) {
        this.service = service;
        this.record = record;
        this.log = log;
        this.workingDirectory = workingDirectory;
    }

    /**
     * Starts a program in a session of its own: Ctrl-C goes to the whole foreground process group, and would otherwise stop the
     * services while Millrace still drains into them.
     */
    synchronized Process launch(List<String> command, Map<String, String> environment) {
        if (retired) {
            throw new LocalStackException(service.displayName() + " is not started: the local stack is being closed");
        }
        List<String> words = new ArrayList<>(List.of("setsid"));
        words.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(workingDirectory.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("PG")
                        || name.startsWith("ES_")
                        || name.startsWith("CLI_")
                        || name.equals("JAVA_TOOL_OPTIONS")
                        || name.equals("CLASSPATH"));
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            record.write(ProcessIdentity.of(process.pid()).stream().toList());
            return process;
        } catch (IOException e) {
            throw new LocalStackException(
                    service.displayName() + " cannot be started: is setsid (Debian: util-linux) there?", e);
        }
    }

    /** Runs a program to its end. */
    void run(List<String> command, Map<String, String> environment, Duration timeout) throws InterruptedException {
        Process process = launch(command, environment);
        boolean ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
            kill();
        }
        if (!ended || process.exitValue() != 0) {
            throw new LocalStackException(service.displayName() + " cannot be prepared: \"" + String.join(" ", command)
                    + "\" " + (ended ? "failed" : "did not end within " + timeout.toSeconds() + " s") + ". "
                    + lastLines());
        }
    }

    /** Records the children too, so that they are found when only their parent was killed. */
    void recordChildren() {
        record.write(record.living());
    }

    boolean isAlive() {
        return !record.living().isEmpty();
    }

    /** Whether the first process, the one that was spawned, lives. */
    boolean mainIsAlive() {
        return record.read().stream()
                .findFirst()
                .filter(ProcessIdentity::isAlive)
                .isPresent();
    }

    /** Ends the service with its own signal; kills what is left after the grace period. Answers whether it went by itself. */
    boolean stop(String signal, Duration grace) {
        List<ProcessIdentity> living = record.living();
        living.stream().findFirst().ifPresent(main -> main.signal(signal));
        long deadline = System.nanoTime() + grace.toNanos();
        boolean gone = true;
        for (ProcessIdentity process : living) {
            gone &= process.awaitEnd(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        }
        kill();
        return gone;
    }

    /** Ends the service as a crash would. */
    void kill() {
        List<ProcessIdentity> living = record.living();
        living.forEach(ProcessIdentity::kill);
        for (ProcessIdentity process : living) {
            if (!process.awaitEnd(AFTER_KILL)) {
                throw new LocalStackException("Process " + process.pid() + " of " + service.displayName()
                        + " survives SIGKILL: look at it with ps -p " + process.pid());
            }
        }
        record.write(List.of());
    }

    /** From now on nothing is spawned any more. */
    synchronized void retire() {
        retired = true;
    }

    /** A sentence with the end of the service's log, for messages. */
    String lastLines() {
        try {
            List<String> lines = Files.exists(log)
                    ? Files.readString(log, StandardCharsets.ISO_8859_1).lines().toList()
                    : List.of();
            return "The last lines of " + log + ":" + System.lineSeparator()
                    + String.join(
                            System.lineSeparator(),
                            lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
        } catch (IOException e) {
            return "Its log is " + log;
        }
    }

    /** Begins a new log, keeping the one before. */
    void rollLog() {
        try {
            Files.createDirectories(workingDirectory);
            if (Files.exists(log)) {
                Files.move(
                        log, log.resolveSibling(service.key() + ".previous.log"), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot write logs to " + log, e);
        }
    }
}
