package io.millrace.benchmarks;

import io.millrace.benchmarks.report.Figure;
import io.millrace.benchmarks.report.Report;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "latency",
        description =
                "From COMMIT returning to the row being readable in Elasticsearch (by id), Redis and the change history.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("SystemOut")
final class LatencyBenchmark implements Callable<Integer> {

    private static final String TABLE = "bench_latency";
    /** A row comes again only after as many changes: long after its last change has arrived. */
    private static final int ROWS = 2_000;
    /** One change in so many is followed: enough for percentiles, few enough not to be load themselves. */
    private static final int SAMPLED = 10;
    /** The first minute after the start, in which the virtual machines compile: reported on its own, without a goal. */
    private static final int WARM_UP_SECONDS = 60;

    @Option(names = "--rate", paramLabel = "N", description = "changes per second (default: 100)")
    private int rate = 100;

    @Option(names = "--seconds", paramLabel = "N", description = "length of a run (default: 60)")
    private int seconds = 60;

    @Option(names = "--runs", paramLabel = "N", description = "default: 3")
    private int runs = 3;

    private long value;

    @Override
    public Integer call() throws Exception {
        System.out.println("Starting a Millrace of its own");
        Map<String, List<Double>> perRun = new LinkedHashMap<>();
        try (BenchProcess millrace = BenchProcess.start(true, false);
                Connection shop = BenchProcess.connect("shop");
                Sinks sinks = new Sinks()) {
            try (Statement statement = shop.createStatement()) {
                statement.execute(
                        "CREATE TABLE " + TABLE + " (id bigint PRIMARY KEY, value bigint NOT NULL, name text NOT NULL,"
                                + " price numeric(12,2) NOT NULL, changed_at timestamptz NOT NULL)");
                statement.execute("INSERT INTO " + TABLE
                        + " SELECT i, 0, 'row ' || i, i, now() FROM generate_series(0, " + (ROWS - 1) + ") AS i");
            }
            millrace.register(TABLE);
            System.out.printf(Locale.ROOT, "Warming up for %d s%n", WARM_UP_SECONDS);
            for (Probe probe : run(shop, sinks, WARM_UP_SECONDS)) {
                for (int percentile : new int[] {50, 99}) {
                    perRun.put(probe.sink() + " first minute, p" + percentile, List.of(probe.percentile(percentile)));
                }
            }
            for (int run = 1; run <= runs; run++) {
                System.out.printf(Locale.ROOT, "Run %d of %d: %d changes/s for %d s%n", run, runs, rate, seconds);
                for (Probe probe : run(shop, sinks, seconds)) {
                    for (double percentile : new double[] {50, 95, 99, 100}) {
                        String name = probe.sink() + (percentile == 100 ? " max" : " p" + (int) percentile);
                        perRun.computeIfAbsent(name, key -> new ArrayList<>()).add(probe.percentile(percentile));
                    }
                    if (probe.lost() > 0) {
                        System.out.println(probe.lost() + " changes were not seen in " + probe.sink() + " within 30 s");
                    }
                }
            }
        }
        List<Figure> figures = new ArrayList<>();
        perRun.forEach((name, values) -> figures.add(
                name.endsWith(" p50") && !name.contains("first minute")
                        ? Figure.atMost(name, "ms", values, 25)
                        : name.endsWith(" p99") && !name.contains("first minute")
                                ? Figure.atMost(name, "ms", values, 150)
                                : Figure.of(name, "ms", values)));
        return Report.write("latency", runs, figures);
    }

    private List<Probe> run(Connection shop, Sinks sinks, int length) throws Exception {
        List<Probe> probes = List.of(
                new Probe("elasticsearch", (id, wanted) -> sinks.elasticsearchHolds(TABLE, id, wanted)),
                new Probe("redis", (id, wanted) -> sinks.redisHolds(TABLE, id, wanted)),
                new Probe("audit", (id, wanted) -> sinks.auditHolds(TABLE, id, wanted)));
        long interval = TimeUnit.SECONDS.toNanos(1) / rate;
        long next = System.nanoTime();
        try (PreparedStatement update =
                shop.prepareStatement("UPDATE " + TABLE + " SET value = ?, changed_at = now() WHERE id = ?")) {
            for (int i = 0; i < rate * length; i++) {
                value++;
                update.setLong(1, value);
                update.setLong(2, value % ROWS);
                update.executeUpdate();
                if (i % SAMPLED == 0) {
                    long committed = System.nanoTime();
                    for (Probe probe : probes) {
                        probe.follow(value % ROWS, value, committed);
                    }
                }
                next += interval;
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }
        for (Probe probe : probes) {
            probe.finish();
        }
        return probes;
    }
}
