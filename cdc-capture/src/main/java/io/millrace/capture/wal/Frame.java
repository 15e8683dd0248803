package io.millrace.capture.wal;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Collects messages of the replication stream, each with its LSN, so that they cross threads and queues by the hundred instead of one
 * by one. Layout: length (4 bytes), LSN (8), message; again and again. Not thread-safe.
 */
public final class Frame {

    /** A message of our own: there was nothing more to send at this LSN. Not one of pgoutput's letters. */
    static final byte CAUGHT_UP = 1;

    private byte[] bytes = new byte[8192];
    private int size;

    /** Appends one message; the buffer is read to its end. */
    public void add(long lsn, ByteBuffer message) {
        int length = message.remaining();
        header(lsn, length);
        message.get(bytes, size, length);
        size += length;
    }

    /** Appends that everything before this LSN was sent. */
    public void addCaughtUp(long lsn) {
        header(lsn, 1);
        bytes[size++] = CAUGHT_UP;
    }

    private void header(long lsn, int length) {
        int needed = Math.addExact(size, Math.addExact(length, 12));
        if (bytes.length < needed) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, Math.min(bytes.length, 1 << 29) * 2));
        }
        ByteBuffer.wrap(bytes, size, 12).putInt(length).putLong(lsn);
        size += 12;
    }

    /** Returns how many bytes were collected. */
    public int size() {
        return size;
    }

    /** Returns the content and begins anew. */
    public byte[] take() {
        byte[] content = Arrays.copyOf(bytes, size);
        size = 0;
        if (bytes.length > 1 << 20) {
            bytes = new byte[8192];
        }
        return content;
    }
}
