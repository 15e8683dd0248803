package io.millrace.capture.wal;

import java.nio.ByteBuffer;

/**
 * The values of one row as PostgreSQL sent them: slices of a frame. Valid only while the change is handled: the reader uses the same
 * objects for the next. Not thread-safe.
 */
public final class Tuple {

    /** The value is text. */
    public static final byte TEXT = 't';
    /** The value is NULL. */
    public static final byte NULL = 'n';
    /** A large value that did not change, and was not sent. */
    public static final byte UNCHANGED = 'u';

    private byte[] data = new byte[0];
    private int count;
    private byte[] kinds = new byte[16];
    private int[] offsets = new int[16];
    private int[] lengths = new int[16];

    /** Begins a row over these bytes, with room for this many values. */
    public void reset(byte[] bytes, int columns) {
        data = bytes;
        count = 0;
        if (kinds.length < columns) {
            kinds = new byte[columns];
            offsets = new int[columns];
            lengths = new int[columns];
        }
    }

    /** Adds the next value. */
    public void add(byte kind, int offset, int length) {
        kinds[count] = kind;
        offsets[count] = offset;
        lengths[count] = length;
        count++;
    }

    void read(ByteBuffer from, byte[] bytes) {
        int columns = from.getShort();
        reset(bytes, columns);
        for (int i = 0; i < columns; i++) {
            byte kind = from.get();
            if (kind == TEXT) {
                int length = from.getInt();
                add(kind, from.position(), length);
                from.position(from.position() + length);
            } else {
                add(kind, 0, 0);
            }
        }
    }

    /** Returns how many values there are. */
    public int count() {
        return count;
    }

    /** Returns {@link #TEXT}, {@link #NULL} or {@link #UNCHANGED}. */
    public byte kind(int column) {
        return kinds[column];
    }

    /** Returns the bytes that {@link #offset} counts in. */
    public byte[] data() {
        return data;
    }

    public int offset(int column) {
        return offsets[column];
    }

    public int length(int column) {
        return lengths[column];
    }
}
