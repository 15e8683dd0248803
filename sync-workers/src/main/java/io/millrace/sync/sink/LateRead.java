package io.millrace.sync.sink;

import io.millrace.catalog.Column;
import io.millrace.event.Row;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Completes a row from a snapshot read that came behind a newer change.
 *
 * <p>That change may have left out values that PostgreSQL did not send (unchanged TOAST); had the sink no older state to take them
 * from, its row lacks them, and the read, refused as stale, is the only event that holds them.
 */
public final class LateRead {

    private LateRead() {}

    /**
     * Returns the held row with the columns that it lacks and the read has; empty if it lacks none. Columns that the table no longer
     * has are not brought back.
     */
    public static Optional<Row> complete(Row held, Change read) {
        Row found = read.event().after();
        if (found == null) {
            return Optional.empty();
        }
        Map<String, byte[]> have = held.columns();
        Map<String, byte[]> all = new LinkedHashMap<>(found.columns());
        Set<String> present = read.table().columns().stream().map(Column::name).collect(Collectors.toSet());
        all.keySet().retainAll(present);
        all.keySet().removeAll(read.event().unavailable());
        if (have.keySet().containsAll(all.keySet())) {
            return Optional.empty();
        }
        all.putAll(have);
        return Optional.of(Row.ofColumns(all));
    }
}
