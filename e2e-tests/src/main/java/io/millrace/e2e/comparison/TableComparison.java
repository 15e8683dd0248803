package io.millrace.e2e.comparison;

import java.util.List;

/**
 * What a comparison of one table with one sink found.
 *
 * @param sourceRows rows in the source
 * @param sinkRows rows in the sink
 * @param differences the first of them, at most a hundred, by key
 */
public record TableComparison(String sink, String table, long sourceRows, long sinkRows, List<Difference> differences) {

    public boolean equal() {
        return sourceRows == sinkRows && differences.isEmpty();
    }

    @Override
    public String toString() {
        return table + " in " + sink + ": " + sinkRows + " of " + sourceRows + " rows"
                + (differences.isEmpty() ? "" : ", differences: " + differences);
    }
}
