package io.millrace.benchmarks;

import io.millrace.benchmarks.report.Figure;
import io.millrace.benchmarks.report.Report;
import io.millrace.standalone.Refusal;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.postgresql.PGConnection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "burst",
        description = "One COPY into a registered table: how many changes a second until all three sinks hold them.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("SystemOut")
final class BurstBenchmark implements Callable<Integer> {

    @Option(names = "--rows", paramLabel = "N", description = "default: 200000")
    private int rows = 200_000;

    @Option(names = "--runs", paramLabel = "N", description = "default: 3")
    private int runs = 3;

    @Override
    public Integer call() throws Exception {
        System.out.println("Starting a Millrace of its own");
        List<Double> rates = new ArrayList<>();
        List<Double> drains = new ArrayList<>();
        try (BenchProcess millrace = BenchProcess.start(true, false);
                Connection shop = BenchProcess.connect("shop");
                Sinks sinks = new Sinks()) {
            for (int run = 1; run <= runs; run++) {
                String table = "bench_burst_" + run;
                try (Statement statement = shop.createStatement()) {
                    statement.execute(
                            "CREATE TABLE " + table
                                    + " (id bigint PRIMARY KEY, name text NOT NULL, email text NOT NULL,"
                                    + " city text, price numeric(12,2), quantity integer, active boolean, changed_at timestamptz)");
                }
                millrace.register(table);
                long begin = System.nanoTime();
                long copied = shop.unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyIn("COPY " + table + " FROM STDIN", new StringReader(content()));
                long committed = System.nanoTime();
                millrace.barrier(Duration.ofMinutes(5));
                long drained = System.nanoTime();
                require("Elasticsearch", sinks.elasticsearchCount(table), copied);
                require("Redis", sinks.redisCount(table), copied);
                require("The change history", sinks.auditCount(table), copied);
                double drain = (drained - committed) / 1e9;
                System.out.printf(
                        Locale.ROOT,
                        "Run %d of %d: %d rows, COPY %.1f s, then %.1f s until all sinks hold them%n",
                        run,
                        runs,
                        copied,
                        (committed - begin) / 1e9,
                        drain);
                drains.add(drain);
                rates.add(copied / drain);
            }
        }
        return Report.write(
                "burst",
                runs,
                List.of(
                        Figure.atLeast("all three sinks", "changes/s", rates, 8_000),
                        Figure.of("drained after COMMIT", "s", drains)));
    }

    private String content() {
        StringBuilder lines = new StringBuilder(rows * 100);
        for (int i = 1; i <= rows; i++) {
            lines.append(i)
                    .append("\tCustomer number ")
                    .append(i)
                    .append("\tcustomer")
                    .append(i);
            lines.append("@example.org\tHalifax\t")
                    .append(i % 1000)
                    .append(".50\t")
                    .append(i % 40);
            lines.append("\tt\t2026-01-01 12:00:00.123456+00\n");
        }
        return lines.toString();
    }

    private static void require(String sink, long found, long wanted) {
        if (found != wanted) {
            throw new Refusal(sink + " holds " + found + " of " + wanted
                    + " rows after the barrier: this is a fault, not a figure.");
        }
    }
}
