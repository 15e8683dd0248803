package io.millrace.benchmarks.capture;

import io.millrace.capture.CaptureApplication;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceState;
import io.millrace.catalog.TableRegistration;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.catalog.preflight.SourceTables;
import io.millrace.event.TableId;
import io.millrace.event.kafka.Topics;
import io.millrace.localstack.LocalStack;
import io.millrace.standalone.Refusal;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The real capture as a process with 512 MB of heap. Every drain is that of a source of its own, whose slot was made before the backlog
 * and whose topic is empty: a second drain of the same source would publish nothing.
 */
final class Capture implements AutoCloseable {

    private static final TableId TABLE = new TableId("public", WalBacklog.TABLE);
    private static final String SECRET = "--millrace.catalog.secret=only for benchmarks";
    private static final long LOOK_MILLIS = 10;
    private static final long PATIENCE_SECONDS = 120;

    private final WalBacklog backlog;
    private final Services services;
    private final Path directory;
    private final ConfigurableApplicationContext context;
    private final PipelineCatalog catalog;

    Capture(WalBacklog backlog, Services services, Path directory) {
        this.backlog = backlog;
        this.services = services;
        this.directory = directory;
        // the catalog is opened as capture opens it, in a process that captures nothing
        this.context = new SpringApplicationBuilder(CaptureApplication.class)
                .web(WebApplicationType.NONE)
                .properties(Map.of("spring.config.name", "cdc-capture"))
                .run(settings("--millrace.capture.enabled=false", "--logging.level.root=WARN")
                        .toArray(String[]::new));
        this.catalog = context.getBean(PipelineCatalog.class);
    }

    private List<String> settings(String... more) {
        List<String> settings = new ArrayList<>(List.of(
                "--spring.main.web-application-type=none",
                "--spring.main.banner-mode=off",
                "--spring.datasource.url=" + backlog.stack().postgresJdbcUrl("millrace"),
                "--spring.kafka.bootstrap-servers=" + backlog.stack().kafkaBootstrapServers(),
                "--millrace.capture.topic-partitions=" + Services.PARTITIONS,
                SECRET));
        settings.addAll(List.of(more));
        return settings;
    }

    static String publication(String source) {
        return "millrace_" + source;
    }

    private static String slot(String source) {
        return "millrace_" + source;
    }

    /** Registers sources, has their slots made, and leaves them paused. */
    void begin(List<String> sources) throws SQLException, IOException, InterruptedException {
        List<Long> tables = new ArrayList<>();
        for (String name : sources) {
            tables.add(register(name));
        }
        Process process = start("setup", List.of());
        try {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (!tables.stream().allMatch(this::isStreaming)) {
                requireAlive(process, "setup");
                if (System.nanoTime() - deadline > 0) {
                    throw new Refusal("The tables do not stream after two minutes; see " + log("setup"));
                }
                Thread.sleep(200);
            }
        } finally {
            stop(process);
        }
        sources.forEach(source -> catalog.sourceState(source, SourceState.PAUSED, null));
    }

    private long register(String name) throws SQLException {
        Source source = Source.of(
                name,
                "localhost",
                backlog.stack().postgresPort(),
                "shop",
                LocalStack.POSTGRES_USER,
                LocalStack.POSTGRES_PASSWORD,
                "disable");
        catalog.addSource(source, "bench");
        try (Connection connection = backlog.connect()) {
            SourceTable found =
                    new SourceTables().find(connection, TABLE).orElseThrow(() -> new Refusal("No table " + TABLE));
            return catalog.register(new TableRegistration(
                            name,
                            TABLE,
                            found.keyColumns(),
                            found.columns(),
                            found.identity(),
                            Set.of("audit"),
                            "bench"))
                    .id();
        }
    }

    private boolean isStreaming(long table) {
        return catalog.table(table).map(CapturedTable::state).orElse(TableState.FAILED) == TableState.STREAMING;
    }

    Drain drain(String source, List<String> javaOptions)
            throws SQLException, IOException, InterruptedException, ExecutionException {
        String topic = Topics.of(source, TABLE);
        catalog.sourceState(source, SourceState.PENDING, null);
        Process process = start(source, javaOptions);
        try {
            long walsender = services.walsender(slot(source));
            while (walsender == 0) {
                requireAlive(process, source);
                Thread.sleep(LOOK_MILLIS);
                walsender = services.walsender(slot(source));
            }
            long begun = System.nanoTime();
            double before = Cpu.of(process.pid());
            double senderBefore = Cpu.of(walsender);
            double postgresBefore = services.postgresCpu();
            double brokerBefore = services.brokerCpu();
            while (services.records(topic) < backlog.changes()) {
                requireAlive(process, source);
                Thread.sleep(LOOK_MILLIS);
            }
            Drain drain = new Drain(
                    backlog.changes(),
                    (System.nanoTime() - begun) / 1e9,
                    Cpu.of(process.pid()) - before,
                    Cpu.of(walsender) - senderBefore,
                    services.postgresCpu() - postgresBefore,
                    services.brokerCpu() - brokerBefore,
                    Cpu.ofThreads(process.pid()));
            requireExact(topic, process);
            return drain;
        } finally {
            stop(process);
            catalog.sourceState(source, SourceState.PAUSED, null);
        }
    }

    /** More records than changes would be a fault; what the process still holds has landed when it has ended. */
    private void requireExact(String topic, Process process) throws InterruptedException, ExecutionException {
        stop(process);
        long records = services.records(topic);
        if (records != backlog.changes()) {
            throw new Refusal(topic + " holds " + records + " records of " + backlog.changes()
                    + " changes: this is a fault, not a figure");
        }
        services.delete(topic);
    }

    private Process start(String name, List<String> javaOptions) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(), "-Xmx512m", "-XX:+UseParallelGC"));
        command.addAll(javaOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), CaptureApplication.class.getName()));
        command.addAll(settings());
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log(name).toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy, "bench-stop"));
        return process;
    }

    private Path log(String name) {
        return directory.resolve("capture-" + name + ".log");
    }

    private void requireAlive(Process process, String name) {
        if (!process.isAlive()) {
            throw new Refusal("Capture ended with " + process.exitValue() + "; see " + log(name));
        }
    }

    private static void stop(Process process) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }

    @Override
    public void close() {
        context.close();
    }
}
