package io.millrace.benchmarks.sinks;

import io.millrace.localstack.LocalStack;
import io.millrace.standalone.Refusal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The workers as a process of their own, with 512 MB of heap and one sink. */
final class Worker implements AutoCloseable {

    private static final List<String> SINKS = List.of("elasticsearch", "redis", "audit");

    private final Process process;

    private Worker(Process process) {
        this.process = process;
    }

    static Worker start(LocalStack stack, String sink, Path log, List<String> javaOptions) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(), "-Xmx512m", "-XX:+UseParallelGC"));
        command.addAll(javaOptions);
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                "io.millrace.sync.SyncWorkersApplication",
                "--spring.main.web-application-type=none",
                "--spring.datasource.url=" + stack.postgresJdbcUrl("millrace"),
                "--spring.kafka.bootstrap-servers=" + stack.kafkaBootstrapServers(),
                "--spring.data.redis.port=" + stack.redisPort(),
                "--millrace.sinks.elasticsearch.uris=" + stack.elasticsearchUri(),
                // the benchmark empties Redis itself: nobody is to bring that back
                "--millrace.sinks.redis.guard-interval=1h",
                "--millrace.catalog.secret=only for benchmarks"));
        SINKS.stream()
                .filter(other -> !other.equals(sink))
                .forEach(other -> command.add("--millrace.sinks." + other + ".enabled=false"));
        return new Worker(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start());
    }

    void requireAlive(Path log) {
        if (!process.isAlive()) {
            throw new Refusal("The workers ended with " + process.exitValue() + "; see " + log);
        }
    }

    long pid() {
        return process.pid();
    }

    Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
