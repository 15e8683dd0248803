package io.millrace.admin.lag;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;

/** How many changes a second went through tables, sources and sinks in the last hour, in memory. Thread-safe. */
@Component
public class Rates {

    private final Map<String, Throughput> counters = new ConcurrentHashMap<>();

    void sample(String what, long second, long count) {
        counters.computeIfAbsent(what, name -> new Throughput()).sample(second, count);
    }

    /** Returns changes a second of a table, mean of the last five seconds. */
    public double table(long id) {
        return now(tableCounter(id));
    }

    /** Returns changes a second of a source. */
    public double source(String name) {
        return now(sourceCounter(name));
    }

    /** Returns records a second that a sink applied. */
    public double sink(String name) {
        return now(sinkCounter(name));
    }

    /** Returns records a second of one table that a sink applied. */
    public double sink(String name, long table) {
        return now(sinkCounter(name) + "/" + table);
    }

    /** Draws a table's changes a second; {@code buckets} points of {@code secondsEach} seconds. */
    public Sparkline tableLine(long id, int buckets, int secondsEach) {
        return line(tableCounter(id), buckets, secondsEach);
    }

    /** Draws all changes of a source. */
    public Sparkline sourceLine(String name, int buckets, int secondsEach) {
        return line(sourceCounter(name), buckets, secondsEach);
    }

    /** Draws what a sink applied. */
    public Sparkline sinkLine(String name, int buckets, int secondsEach) {
        return line(sinkCounter(name), buckets, secondsEach);
    }

    private double now(String what) {
        Throughput counter = counters.get(what);
        return counter == null ? 0 : counter.now();
    }

    private Sparkline line(String what, int buckets, int secondsEach) {
        Throughput counter = counters.get(what);
        return new Sparkline(counter == null ? new double[buckets] : counter.rates(buckets, secondsEach), secondsEach);
    }

    static String tableCounter(long id) {
        return "table/" + id;
    }

    static String sourceCounter(String name) {
        return "source/" + name;
    }

    static String sinkCounter(String name) {
        return "sink/" + name;
    }
}
