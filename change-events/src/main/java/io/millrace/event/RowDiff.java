package io.millrace.event;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says which columns differ between two images of a row. */
public final class RowDiff {

    private RowDiff() {}

    /**
     * Returns the columns of {@code after} whose value is another than in {@code before}, in the table's order.
     *
     * <p>Only what is known counts: a column that is missing from {@code before}, or whose value was not sent, is not claimed to have
     * changed.
     *
     * @param before the older image, complete or not; null where PostgreSQL sent none: then nothing is known and the list is empty
     */
    public static List<String> changedColumns(@Nullable Row before, Row after, Set<String> unavailable) {
        if (before == null) {
            return List.of();
        }
        Map<String, byte[]> old = before.columns();
        return after.columns().entrySet().stream()
                .filter(column -> !unavailable.contains(column.getKey()))
                .filter(column -> {
                    byte[] was = old.get(column.getKey());
                    return was != null && !Arrays.equals(was, column.getValue());
                })
                .map(Map.Entry::getKey)
                .toList();
    }
}
