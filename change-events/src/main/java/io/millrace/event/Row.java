package io.millrace.event;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A row image: column names and canonical JSON values, kept as the bytes of one JSON object.
 *
 * <p>Values are canonical: two columns are equal exactly when their bytes are. Immutable; the array given to the constructor is not
 * copied and must not be changed afterwards. Thread-safe.
 */
public final class Row {

    private final byte[] bytes;
    private final int offset;
    private final int length;

    /** Takes a slice of an array that holds one JSON object. */
    public Row(byte[] bytes, int offset, int length) {
        this.bytes = bytes;
        this.offset = offset;
        this.length = length;
    }

    /** Returns the row in this JSON text. */
    public static Row of(String json) {
        byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
        return new Row(utf8, 0, utf8.length);
    }

    /** Returns a row with these columns in this order; the values are JSON. */
    public static Row ofColumns(Map<String, byte[]> columns) {
        var out = new java.io.ByteArrayOutputStream(256);
        out.write('{');
        columns.forEach((name, value) -> {
            if (out.size() > 1) {
                out.write(',');
            }
            out.writeBytes(JsonText.quote(name));
            out.write(':');
            out.writeBytes(value);
        });
        out.write('}');
        byte[] all = out.toByteArray();
        return new Row(all, 0, all.length);
    }

    /** Returns the size of the JSON in bytes. */
    public int size() {
        return length;
    }

    /** Returns the JSON object as UTF-8, a copy. */
    public byte[] toBytes() {
        return Arrays.copyOfRange(bytes, offset, offset + length);
    }

    /** Appends the JSON object to a stream, without a copy. */
    public void writeTo(java.io.OutputStream out) throws java.io.IOException {
        out.write(bytes, offset, length);
    }

    /** Is shown one column after the other. */
    public interface ColumnReader {

        /** Takes a column whose JSON value is this slice; must not change the array. */
        void column(String name, byte[] bytes, int from, int length);
    }

    /** Shows the columns in the table's order, without copying anything. */
    public void read(ColumnReader reader) {
        JsonScanner scanner = new JsonScanner(bytes, offset, length);
        for (boolean more = scanner.open(); more; more = scanner.more()) {
            scanner.name();
            String name = scanner.nameText();
            int from = scanner.at();
            scanner.skipValue();
            reader.column(name, bytes, from, scanner.at() - from);
        }
    }

    /** Returns the columns in the table's order, each with its JSON value as UTF-8 bytes; a new map. */
    public Map<String, byte[]> columns() {
        Map<String, byte[]> columns = new LinkedHashMap<>();
        read((name, all, from, size) -> columns.put(name, Arrays.copyOfRange(all, from, from + size)));
        return columns;
    }

    /** Returns the JSON value of one column as text, {@code "null"} for NULL, or null if the row has no such column. */
    public @Nullable String json(String column) {
        byte[] value = columns().get(column);
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    /** Returns a copy without some columns. */
    public Row without(Set<String> columns) {
        Map<String, byte[]> all = columns();
        all.keySet().removeAll(columns);
        return ofColumns(all);
    }

    /** Returns a copy in which some columns have the values that another row holds; those that it lacks are left out. */
    public Row withValuesFrom(Row other, Set<String> columns) {
        Map<String, byte[]> all = columns();
        Map<String, byte[]> theirs = other.columns();
        for (String column : columns) {
            byte[] value = theirs.get(column);
            if (value == null) {
                all.remove(column);
            } else {
                all.put(column, value);
            }
        }
        return ofColumns(all);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Row row
                && Arrays.equals(bytes, offset, offset + length, row.bytes, row.offset, row.offset + row.length);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(toBytes());
    }

    /** Returns the JSON text. */
    @Override
    public String toString() {
        return new String(bytes, offset, length, StandardCharsets.UTF_8);
    }
}
