package io.millrace.benchmarks.sinks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.StatefulRedisConnection;
import io.millrace.standalone.Refusal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Redis, against {@code redis-benchmark -P 64} with SETs of the same size. */
final class RedisRival implements Rival {

    private static final Pattern RATE = Pattern.compile("\"SET\",\"([0-9.]+)\"");

    private final int port;
    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;

    RedisRival(int port) {
        this.port = port;
        this.client = RedisClient.create("redis://localhost:" + port);
        this.connection = client.connect();
    }

    @Override
    public String sink() {
        return "redis";
    }

    @Override
    public String floorName() {
        return "redis-benchmark -P 64";
    }

    @Override
    public double goal() {
        return 0.5;
    }

    @Override
    public void verify(Workload workload) {
        // versions and what else the sink keeps for itself have other names
        ScanArgs rows = ScanArgs.Builder.matches(Workload.SOURCE + ":" + Workload.SCHEMA + "." + workload.name() + ":*")
                .limit(5_000);
        Set<String> seen = new HashSet<>();
        ScanIterator.scan(connection.sync(), rows).forEachRemaining(seen::add);
        int found = seen.size();
        if (found != workload.touched()) {
            throw new Refusal("Redis holds " + found + " entries of " + workload.touched() + " rows");
        }
    }

    @Override
    public double floor(Workload workload) throws Exception {
        connection.sync().flushall();
        String said = Tool.run(List.of(
                "redis-benchmark",
                "-p",
                Integer.toString(port),
                "-P",
                "64",
                "-t",
                "set",
                "-d",
                Integer.toString(Workload.ROW_BYTES),
                "-n",
                Integer.toString(workload.changes()),
                "-r",
                Integer.toString(workload.keys()),
                "--csv"));
        Matcher rate = RATE.matcher(said);
        if (!rate.find()) {
            throw new Refusal("redis-benchmark printed no rate: " + said);
        }
        return Double.parseDouble(rate.group(1));
    }

    @Override
    public void empty(Workload workload) {
        connection.sync().flushall();
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
    }
}
