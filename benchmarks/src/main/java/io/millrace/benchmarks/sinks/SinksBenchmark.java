package io.millrace.benchmarks.sinks;

import io.millrace.benchmarks.report.Figure;
import io.millrace.benchmarks.report.Report;
import io.millrace.benchmarks.sinks.Binding.Rate;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.LocalStackOptions;
import io.millrace.localstack.Ports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./millrace bench sinks}. */
@Command(
        name = "sinks",
        description = "Each sink alone on a backlog in Kafka, against the fastest way to write the same, in turn.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("SystemOut")
public final class SinksBenchmark implements Callable<Integer> {

    private static final Ports PORTS = new Ports(27432, 27092, 27200, 27379);

    @Option(names = "--changes", paramLabel = "N", description = "of a backlog; default: 1000000")
    private int changes = 1_000_000;

    @Option(names = "--keys", paramLabel = "N", description = "rows that they change; default: 200000")
    private int keys = 200_000;

    @Option(names = "--runs", paramLabel = "N", description = "default: 5")
    private int runs = 5;

    @Option(names = "--skew", paramLabel = "S", description = "Zipf's exponent of the second backlog; default: 1.1")
    private double skew = 1.1;

    @Option(names = "--sinks", split = ",", paramLabel = "NAME", description = "default: elasticsearch,redis,audit")
    private List<String> sinks = List.of("elasticsearch", "redis", "audit");

    @Option(names = "--java-option", paramLabel = "OPTION", description = "of the measured workers, for a profiler")
    private List<String> javaOptions = List.of();

    private final List<Figure> figures = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        Path directory = Path.of(System.getProperty("millrace.home", ""), "benchmarks/target/sinks")
                .toAbsolutePath();
        Files.createDirectories(directory);
        System.out.println("Starting PostgreSQL, Kafka, Elasticsearch and Redis");
        try (LocalStack stack = LocalStack.start(
                LocalStackOptions.in(directory.resolve("data")).withPorts(PORTS).withClean(true), line -> {})) {
            for (Workload workload : List.of(
                    new Workload("bench_uniform", changes, keys, 0), new Workload("bench_zipf", changes, keys, skew))) {
                System.out.printf(
                        Locale.ROOT, "Writing %d changes of %d rows to %s%n", changes, keys, workload.topic());
                Backlog.fill(stack.kafkaBootstrapServers(), workload);
                for (String sink : sinks) {
                    measure(stack, directory, workload, sink);
                }
            }
        }
        return Report.write("sinks", runs, figures);
    }

    private void measure(LocalStack stack, Path directory, Workload workload, String sink) throws Exception {
        List<Double> rates = new ArrayList<>();
        List<Double> floors = new ArrayList<>();
        List<Double> shares = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        Path log = directory.resolve("workers-" + sink + "-" + workload.name() + ".log");
        try (Binding binding = new Binding(stack, sink, workload);
                Rival rival = rival(sink, stack, binding, directory);
                Worker worker = Worker.start(stack, sink, log, javaOptions)) {
            binding.register(worker, log);
            for (int run = 1; run <= runs; run++) {
                Rate rate = binding.drain(worker, log);
                binding.rewind();
                rival.verify(workload);
                double floor = rival.floor(workload);
                rival.empty(workload);
                System.out.printf(
                        Locale.ROOT,
                        "%s, %s, run %d of %d: %,.0f events/s, %.1f CPU us each; %s: %,.0f/s%n",
                        workload.name(),
                        sink,
                        run,
                        runs,
                        rate.events(),
                        rate.cpuMicros(),
                        rival.floorName(),
                        floor);
                rates.add(rate.events());
                floors.add(floor);
                shares.add(rate.events() / floor);
                cpu.add(rate.cpuMicros());
            }
            String name = sink + (workload.skew() > 0 ? " zipf" : " uniform");
            figures.add(Figure.of(name, "events/s", rates));
            figures.add(Figure.of(name + ", " + rival.floorName(), "/s", floors));
            figures.add(Figure.atLeast(
                    name + " of its floor", "x", shares, rival.beatsFloor(workload) ? 1.0 : rival.goal()));
            figures.add(Figure.of(name + " CPU", "us/event", cpu));
        }
    }

    private static Rival rival(String sink, LocalStack stack, Binding binding, Path directory) {
        return switch (sink) {
            case "elasticsearch" -> new ElasticsearchRival(stack.elasticsearchUri(), directory);
            case "redis" -> new RedisRival(stack.redisPort());
            case "audit" -> new AuditRival(stack, binding.platform(), directory);
            default ->
                throw new io.millrace.standalone.Refusal(
                        "There is no figure for a sink named " + sink + ": choose of elasticsearch, redis, audit");
        };
    }
}
