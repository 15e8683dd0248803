package io.millrace.capture.engine;

import io.millrace.capture.wal.Relation;
import io.millrace.catalog.Column;
import io.millrace.catalog.TableSchema;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Finds the key of a table that the stream describes. The stream marks the columns of the replica identity and does not say in which order
 * they are the key's; with identity FULL it marks all of them. The order must be the one that a snapshot takes, for it is part of every key.
 */
final class KeyOrder {

    private KeyOrder() {}

    /**
     * @param present the key as the source's catalog has it now; it may be ahead of the stream
     * @param known versions recorded before, the first one first
     */
    static List<String> of(Relation relation, List<String> present, List<TableSchema> known) {
        List<String> names =
                relation.columns().stream().map(Relation.Column::name).toList();
        List<String> marked = relation.columns().stream()
                .filter(Relation.Column::key)
                .map(Relation.Column::name)
                .toList();
        boolean full = relation.identity() == 'f';
        if (!full && marked.size() < 2) {
            return marked;
        }
        List<List<String>> candidates = new ArrayList<>();
        candidates.add(present);
        for (int i = known.size() - 1; i >= 0; i--) {
            candidates.add(known.get(i).keyColumns());
        }
        for (int i = known.size() - 1; i >= 0; i--) {
            renamed(known.get(i), names).ifPresent(candidates::add);
        }
        return candidates.stream()
                .filter(key -> full
                        ? names.containsAll(key)
                        : key.size() == marked.size() && new HashSet<>(key).equals(new HashSet<>(marked)))
                .findFirst()
                .orElse(full ? List.of() : marked);
    }

    /** Columns that were renamed keep their places. */
    private static Optional<List<String>> renamed(TableSchema schema, List<String> names) {
        List<String> before = schema.columns().stream().map(Column::name).toList();
        return before.size() == names.size() && before.containsAll(schema.keyColumns())
                ? Optional.of(schema.keyColumns().stream()
                        .map(column -> names.get(before.indexOf(column)))
                        .toList())
                : Optional.empty();
    }
}
