package io.millrace.benchmarks;

import io.millrace.benchmarks.report.Figure;
import io.millrace.benchmarks.report.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "startup",
        description =
                "From the command, once built, until a change can flow: from nothing, and on data of an earlier run.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("SystemOut")
final class StartupBenchmark implements Callable<Integer> {

    @Option(names = "--runs", paramLabel = "N", description = "default: 3")
    private int runs = 3;

    @Override
    public Integer call() throws Exception {
        List<Double> first = new ArrayList<>();
        List<Double> later = new ArrayList<>();
        for (int run = 1; run <= runs; run++) {
            first.add(readyAfter(true));
            later.add(readyAfter(false));
            System.out.printf(
                    Locale.ROOT,
                    "Run %d of %d: ready after %.1f s from nothing, %.1f s later%n",
                    run,
                    runs,
                    first.get(run - 1),
                    later.get(run - 1));
        }
        return Report.write(
                "startup",
                runs,
                List.of(Figure.atMost("first start", "s", first, 60), Figure.atMost("later start", "s", later, 25)));
    }

    private static double readyAfter(boolean clean) throws Exception {
        try (BenchProcess millrace = BenchProcess.start(clean, true)) {
            return millrace.readySeconds();
        }
    }
}
