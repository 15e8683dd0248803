package io.millrace.capture.publish;

import io.millrace.capture.value.JsonBytes;
import io.millrace.capture.value.ValueEncoder;
import io.millrace.capture.wal.Tuple;
import io.millrace.event.ChangeEventCodec;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the rows of a table are written under one version of its columns. Immutable and thread-safe. */
public final class RowShape {

    private static final byte[] UNAVAILABLE =
            ('"' + ChangeEventCodec.UNAVAILABLE + '"').getBytes(StandardCharsets.US_ASCII);

    private final byte[][] names;
    private final byte[][] quoted;
    private final ValueEncoder[] encoders;
    private final int[] key;

    /**
     * @param columns names in the table's order
     * @param encoders of the columns
     * @param keyColumns names in the key's order; empty where there is no key
     */
    public RowShape(List<String> columns, List<ValueEncoder> encoders, List<String> keyColumns) {
        this.quoted = columns.stream().map(RowShape::quote).toArray(byte[][]::new);
        this.names = columns.stream()
                .map(column -> {
                    byte[] name = quote(column);
                    byte[] withColon = Arrays.copyOf(name, name.length + 1);
                    withColon[name.length] = ':';
                    return withColon;
                })
                .toArray(byte[][]::new);
        this.encoders = encoders.toArray(ValueEncoder[]::new);
        this.key = keyColumns.stream().mapToInt(columns::indexOf).toArray();
    }

    private static byte[] quote(String name) {
        JsonBytes out = new JsonBytes();
        out.string(name);
        return out.toBytes();
    }

    boolean hasKey() {
        return key.length > 0;
    }

    /** Writes the key; a column that was not sent is taken from the older row. */
    public void key(Tuple row, @Nullable Tuple older, JsonBytes out) {
        byte separator = '{';
        for (int column : key) {
            out.raw(separator);
            separator = ',';
            out.raw(names[column]);
            value(column, row, older, out);
        }
        out.raw('}');
    }

    /** Writes the columns of the key alone, in the table's order: the part of an old row that replica identity sends. */
    void keyImage(Tuple row, JsonBytes out) {
        byte separator = '{';
        for (int column = 0; column < row.count() && column < names.length; column++) {
            if (isKey(column)) {
                out.raw(separator);
                separator = ',';
                out.raw(names[column]);
                value(column, row, null, out);
            }
        }
        if (separator == '{') {
            out.raw('{');
        }
        out.raw('}');
    }

    private boolean isKey(int column) {
        for (int of : key) {
            if (of == column) {
                return true;
            }
        }
        return false;
    }

    /** Writes a whole row; a value that was not sent is taken from the older row, else marked. */
    void row(Tuple row, @Nullable Tuple older, JsonBytes out) {
        byte separator = '{';
        for (int column = 0; column < row.count() && column < names.length; column++) {
            out.raw(separator);
            separator = ',';
            out.raw(names[column]);
            value(column, row, older, out);
        }
        if (separator == '{') {
            out.raw('{');
        }
        out.raw('}');
    }

    private void value(int column, Tuple row, @Nullable Tuple older, JsonBytes out) {
        switch (row.kind(column)) {
            case Tuple.NULL -> out.rawNull();
            case Tuple.TEXT -> encoders[column].encode(row.data(), row.offset(column), row.length(column), out);
            default -> {
                if (older != null && older.kind(column) != Tuple.UNCHANGED) {
                    value(column, older, null, out);
                } else {
                    out.raw(UNAVAILABLE);
                }
            }
        }
    }

    /** Writes the names of the columns that {@link #row} marks, as a JSON array; returns false, writing nothing, when there are none. */
    boolean unavailable(Tuple row, @Nullable Tuple older, JsonBytes out) {
        byte separator = '[';
        for (int column = 0; column < row.count(); column++) {
            if (row.kind(column) == Tuple.UNCHANGED && (older == null || older.kind(column) == Tuple.UNCHANGED)) {
                out.raw(separator);
                separator = ',';
                out.raw(quoted[column]);
            }
        }
        if (separator == '[') {
            return false;
        }
        out.raw(']');
        return true;
    }

    /** Tells whether {@link #row} marks a value. */
    boolean isIncomplete(Tuple row, @Nullable Tuple older) {
        for (int column = 0; column < row.count(); column++) {
            if (row.kind(column) == Tuple.UNCHANGED && (older == null || older.kind(column) == Tuple.UNCHANGED)) {
                return true;
            }
        }
        return false;
    }

    /** Tells whether two rows have the same key, by PostgreSQL's text; a value that was not sent did not change. */
    boolean sameKey(Tuple older, Tuple newer) {
        for (int column : key) {
            if (newer.kind(column) == Tuple.UNCHANGED) {
                continue;
            }
            if (older.kind(column) != newer.kind(column)
                    || !Arrays.equals(
                            older.data(),
                            older.offset(column),
                            older.offset(column) + older.length(column),
                            newer.data(),
                            newer.offset(column),
                            newer.offset(column) + newer.length(column))) {
                return false;
            }
        }
        return true;
    }
}
