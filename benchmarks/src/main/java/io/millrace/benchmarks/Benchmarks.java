package io.millrace.benchmarks;

import io.millrace.benchmarks.capture.CaptureBenchmark;
import io.millrace.benchmarks.sinks.SinksBenchmark;
import io.millrace.standalone.Millrace;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code ./millrace bench}. */
@Command(
        name = "bench",
        description =
                "Measures Millrace in a process and a data directory of its own, and writes benchmarks/results/NAME.json.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "NAME",
        subcommands = {
            LatencyBenchmark.class,
            BurstBenchmark.class,
            StartupBenchmark.class,
            SinksBenchmark.class,
            CaptureBenchmark.class
        })
public final class Benchmarks {

    private Benchmarks() {}

    public static void main(String[] arguments) {
        System.exit(Millrace.run(new CommandLine(new Benchmarks()), arguments));
    }
}
