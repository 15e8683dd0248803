package io.millrace.benchmarks.capture;

import io.millrace.benchmarks.report.Figure;
import io.millrace.benchmarks.report.Report;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.LocalStackOptions;
import io.millrace.localstack.Ports;
import io.millrace.localstack.Service;
import io.millrace.standalone.Refusal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./millrace bench capture}. */
@Command(
        name = "capture",
        description =
                "Capture alone on a backlog in the slot, into Kafka, against pg_recvlogical into a file, in turn.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("SystemOut")
public final class CaptureBenchmark implements Callable<Integer> {

    private static final Ports PORTS = new Ports(27432, 27092, 27200, 27379);

    /** Slots of the local stack, without the two of pg_recvlogical and that of the profile. */
    private static final int MOST_RUNS = 17;

    private static final double GOAL = 0.35;
    private static final String PROFILED = "profiled";

    @Option(names = "--changes", paramLabel = "N", description = "of the backlog; default: 2000000")
    private int changes = 2_000_000;

    @Option(names = "--runs", paramLabel = "N", description = "of each; default: 5")
    private int runs = 5;

    @Option(
            names = "--profile",
            description = "one more run with Java's flight recorder, not counted; see results/capture-profile.txt")
    private boolean profile;

    @Override
    public Integer call() throws Exception {
        if (runs < 1 || runs > MOST_RUNS || changes < 10_000) {
            throw new Refusal("--runs is 1 to " + MOST_RUNS + ", --changes at least 10000");
        }
        Path home = Path.of(System.getProperty("millrace.home", ""));
        Path directory = home.resolve("benchmarks/target/capture").toAbsolutePath();
        Files.createDirectories(directory);
        List<String> sources = new ArrayList<>(
                IntStream.rangeClosed(1, runs).mapToObj(run -> "b" + run).toList());
        if (profile) {
            sources.add(PROFILED);
        }
        System.out.println("Starting PostgreSQL and Kafka");
        List<Drain> captured = new ArrayList<>();
        List<Drain> received = new ArrayList<>();
        try (LocalStack stack = LocalStack.start(
                LocalStackOptions.in(directory.resolve("data")).withPorts(PORTS).withClean(true), line -> {})) {
            stack.stop(Service.ELASTICSEARCH);
            stack.stop(Service.REDIS);
            WalBacklog backlog = new WalBacklog(stack, changes);
            backlog.create();
            try (Services services = new Services(backlog);
                    Capture capture = new Capture(backlog, services, directory)) {
                Recvlogical recvlogical = new Recvlogical(backlog, services, directory);
                System.out.printf(Locale.ROOT, "Making slots for %d runs%n", runs);
                capture.begin(sources);
                recvlogical.begin();
                System.out.printf(Locale.ROOT, "Writing %,d changes%n", changes);
                String end = backlog.load();
                for (int run = 1; run <= runs; run++) {
                    received.add(recvlogical.drain(Capture.publication("b" + run), end));
                    captured.add(capture.drain("b" + run, List.of()));
                    say(run, captured.get(run - 1), received.get(run - 1));
                }
                System.out.printf(Locale.ROOT, "The server sent %.0f bytes for each change%n", recvlogical.bytesEach());
                if (profile) {
                    profile(home, directory, capture);
                }
            }
        }
        return Report.write("capture", runs, figures(captured, received));
    }

    private void say(int run, Drain captured, Drain received) {
        System.out.printf(
                Locale.ROOT,
                "Run %d of %d: capture %,.0f events/s, %.1f CPU us each; pg_recvlogical %,.0f events/s, %.1f CPU us each: %.2f%n",
                run,
                runs,
                captured.rate(),
                captured.micros(),
                received.rate(),
                received.micros(),
                captured.rate() / received.rate());
    }

    private static void profile(Path home, Path directory, Capture capture) throws Exception {
        Profile profile = new Profile(directory.resolve("capture.jfr"));
        String summary = profile.summary(capture.drain(PROFILED, profile.javaOptions()));
        profile.keep(home.resolve("benchmarks/results/capture-profile.txt"), summary);
        System.out.println("\n" + summary + "\nThe recording is " + profile.recording());
    }

    private static List<Figure> figures(List<Drain> captured, List<Drain> received) {
        List<Double> shares = IntStream.range(0, captured.size())
                .mapToObj(run -> captured.get(run).rate() / received.get(run).rate())
                .toList();
        List<Double> work = IntStream.range(0, captured.size())
                .mapToObj(run -> captured.get(run).micros() / received.get(run).micros())
                .toList();
        return List.of(
                Figure.of("capture", "events/s", all(captured, Drain::rate)),
                Figure.of("pg_recvlogical", "events/s", all(received, Drain::rate)),
                Figure.atLeast("capture / pg_recvlogical", "x", shares, GOAL),
                Figure.of("CPU, capture, all processes", "us/event", all(captured, Drain::micros)),
                Figure.of("  capture itself", "us/event", all(captured, drain -> drain.each(drain.program()))),
                Figure.of("  walsender", "us/event", all(captured, drain -> drain.each(drain.walsender()))),
                Figure.of(
                        "  PostgreSQL, walsender too",
                        "us/event",
                        all(captured, drain -> drain.each(drain.postgres()))),
                Figure.of("  broker", "us/event", all(captured, drain -> drain.each(drain.broker()))),
                Figure.of("CPU, pg_recvlogical, all processes", "us/event", all(received, Drain::micros)),
                Figure.of("  pg_recvlogical itself", "us/event", all(received, drain -> drain.each(drain.program()))),
                Figure.of("  its walsender", "us/event", all(received, drain -> drain.each(drain.walsender()))),
                Figure.of(
                        "  its PostgreSQL, walsender too",
                        "us/event",
                        all(received, drain -> drain.each(drain.postgres()))),
                Figure.of("CPU, capture / pg_recvlogical", "x", work));
    }

    private static List<Double> all(List<Drain> drains, ToDoubleFunction<Drain> figure) {
        return drains.stream().mapToDouble(figure).boxed().toList();
    }
}
