package io.millrace.benchmarks.report;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One measured quantity over all runs.
 *
 * @param values one per run, sorted
 * @param goal what it should reach, or null where nothing is promised
 * @param atMost whether the goal is an upper bound
 */
public record Figure(
        String name,
        String unit,
        List<Double> values,
        @Nullable Double goal,
        boolean atMost) {

    public static Figure atMost(String name, String unit, List<Double> values, double goal) {
        return new Figure(name, unit, values.stream().sorted().toList(), goal, true);
    }

    public static Figure atLeast(String name, String unit, List<Double> values, double goal) {
        return new Figure(name, unit, values.stream().sorted().toList(), goal, false);
    }

    public static Figure of(String name, String unit, List<Double> values) {
        return new Figure(name, unit, values.stream().sorted().toList(), null, true);
    }

    double min() {
        return values.get(0);
    }

    double max() {
        return values.get(values.size() - 1);
    }

    /** The middle value; the mean of the two middle ones where their number is even. */
    double median() {
        int middle = values.size() / 2;
        return values.size() % 2 == 1 ? values.get(middle) : (values.get(middle - 1) + values.get(middle)) / 2;
    }

    /** Whether the median reaches the goal; true where there is none. */
    boolean holds() {
        return goal == null || (atMost ? median() <= goal : median() >= goal);
    }

    String row() {
        return String.format(
                Locale.ROOT,
                "%-48s %10.2f %10.2f %10.2f %-10s %s",
                name,
                median(),
                min(),
                max(),
                unit,
                goal == null ? "" : (holds() ? "holds: " : "MISSED: ") + (atMost ? "<= " : ">= ") + goal);
    }
}
