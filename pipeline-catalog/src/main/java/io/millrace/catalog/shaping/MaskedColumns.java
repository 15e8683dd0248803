package io.millrace.catalog.shaping;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Whether masked columns are still those that people masked: a column may have been renamed, and another one been given its name. The
 * change log has columns in their order and nothing else that tells them apart: they keep it for ever, and new ones stand last.
 */
public final class MaskedColumns {

    private MaskedColumns() {}

    /**
     * Refuses a shaping whose masks may no longer cover what they were declared for.
     *
     * @param declared the columns that the table had when the shaping was declared
     * @throws ShapingException if they may not: then no row of the table may be sent
     */
    public static void check(Shaping shaping, List<Column> declared, CapturedTable table) {
        Set<String> elsewhere = elsewhere(shaping, declared, table.columns());
        for (String masked : shaping.maskedColumns()) {
            if (elsewhere.contains(masked)) {
                elsewhere.removeAll(shaping.maskedColumns());
                throw new ShapingException(masked + ", which is masked, may be another column of " + table.table()
                        + " than when that was declared, and its values may stand in "
                        + (elsewhere.isEmpty() ? "another" : String.join(" or ", elsewhere))
                        + ", which would be sent as it is: look at the columns, save the shaping again, then resume.");
            }
        }
    }

    /**
     * Returns the columns that are not surely the ones that had their names when a shaping was declared; none where all that it masks
     * surely are.
     */
    public static Set<String> elsewhere(Shaping shaping, List<Column> declared, List<Column> present) {
        List<String> then = names(declared);
        List<String> now = names(present);
        if (shaping.maskedColumns().stream().allMatch(column -> isSame(column, then, now))) {
            return Set.of();
        }
        return now.stream()
                .filter(column -> !isSame(column, then, now))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static List<String> names(List<Column> columns) {
        return columns.stream().map(Column::name).toList();
    }

    /**
     * Names that were there then and are there now are taken for the same columns. Between the nearest of those before and behind it, a column
     * may be any that has a name there that is new, if what has its own name now can be another: one of a name that is gone, or a new one,
     * which stands last.
     */
    private static boolean isSame(String column, List<String> then, List<String> now) {
        int place = now.indexOf(column);
        int former = then.indexOf(column);
        if (place < 0
                || former < place
                || !known(now.subList(0, place), then).equals(known(then.subList(0, former), now))) {
            return false;
        }
        boolean goneBefore = isUnknown(former - 1, then, now);
        boolean goneBehind = isUnknown(former + 1, then, now);
        boolean newBefore = isUnknown(place - 1, now, then);
        boolean newBehind = isUnknown(place + 1, now, then);
        boolean isLast = known(now.subList(place + 1, now.size()), then).isEmpty();
        return !(newBehind && goneBefore) && !(newBefore && (goneBehind || isLast || !goneBefore));
    }

    /** Tells whether there is a column at a place, which has a name that is not among the others. */
    private static boolean isUnknown(int place, List<String> columns, List<String> others) {
        return place >= 0 && place < columns.size() && !others.contains(columns.get(place));
    }

    private static Set<String> known(List<String> columns, List<String> others) {
        Set<String> known = new HashSet<>(columns);
        known.retainAll(others);
        return known;
    }
}
