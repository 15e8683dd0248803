package io.millrace.admin.tables;

import io.millrace.catalog.Column;
import io.millrace.catalog.TableSchema;
import io.millrace.event.Lsn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A version of a table's columns, as page and API show it.
 *
 * @param firstLsn commit LSN of the first change under it; null for the first version, and where no change has come yet
 * @param changes what is different from the version before, a phrase each; empty for the first
 */
record SchemaVersion(
        int version,
        @Nullable String firstLsn,
        Instant recordedAt,
        List<String> changes,
        List<String> keyColumns,
        List<Column> columns) {

    /** Returns the versions in the order in which they held, the newest first. */
    static List<SchemaVersion> of(List<TableSchema> schemas) {
        List<TableSchema> ordered = schemas.stream()
                .sorted(Comparator.<TableSchema>comparingInt(
                                schema -> schema.version() > 1 && schema.firstLsn() == null ? 1 : 0)
                        .thenComparing((a, b) -> Long.compareUnsigned(start(a), start(b)))
                        .thenComparingInt(TableSchema::version))
                .toList();
        List<SchemaVersion> versions = new ArrayList<>();
        for (int i = ordered.size() - 1; i >= 0; i--) {
            TableSchema schema = ordered.get(i);
            Long first = schema.firstLsn();
            versions.add(new SchemaVersion(
                    schema.version(),
                    first == null ? null : Lsn.format(first),
                    schema.recordedAt(),
                    i == 0 ? List.of() : schema.changesSince(ordered.get(i - 1)),
                    schema.keyColumns(),
                    schema.columns()));
        }
        return versions;
    }

    private static long start(TableSchema schema) {
        Long first = schema.firstLsn();
        return first == null ? 0 : first;
    }

    /** Returns in words what is different from the version before. */
    public String words() {
        if (version == 1) {
            return "as registered";
        }
        return changes.isEmpty() ? "as the version before" : String.join(", ", changes);
    }
}
