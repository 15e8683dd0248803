package io.millrace.catalog.shaping;

import io.millrace.catalog.Column;
import io.millrace.event.Row;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where in a row's bytes the values of some columns are. */
final class RowValues {

    /** A JSON value in place. */
    static final class Slice {

        private final byte[] bytes;
        private final int from;
        private final int length;

        private Slice(byte[] bytes, int from, int length) {
            this.bytes = bytes;
            this.from = from;
            this.length = length;
        }

        int length() {
            return length;
        }

        Object read(Column column) {
            return ColumnType.read(column, bytes, from, length);
        }
    }

    private final Map<String, Slice> slices = new HashMap<>();

    RowValues(Row row, Set<String> columns) {
        row.read((name, bytes, from, length) -> {
            if (columns.contains(name)) {
                slices.put(name, new Slice(bytes, from, length));
            }
        });
    }

    @Nullable
    Slice of(String column) {
        return slices.get(column);
    }
}
