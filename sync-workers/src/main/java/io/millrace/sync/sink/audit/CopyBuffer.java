package io.millrace.sync.sink.audit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;

/**
 * A growing buffer that speaks COPY's binary format (PostgreSQL documentation, COPY, "Binary Format"): big-endian, every field
 * behind its length, -1 for NULL.
 */
final class CopyBuffer {

    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0};
    private static final long POSTGRES_EPOCH_SECONDS = 946_684_800L;
    private static final int TEXT_OID = 25;
    private static final byte JSONB_VERSION = 1;

    private ByteBuffer buffer;

    CopyBuffer(int capacity) {
        this.buffer = ByteBuffer.allocate(capacity);
    }

    /** Starts the stream: signature, no flags, no extension. */
    void header() {
        room(SIGNATURE.length + 8).put(SIGNATURE).putInt(0).putInt(0);
    }

    void row(int fields) {
        room(2).putShort((short) fields);
    }

    void trailer() {
        room(2).putShort((short) -1);
    }

    void nothing() {
        room(4).putInt(-1);
    }

    void text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        room(4 + utf8.length).putInt(utf8.length).put(utf8);
    }

    void jsonb(byte[] utf8) {
        jsonbAhead(utf8.length);
        room(utf8.length).put(utf8);
    }

    /** What stands before a JSON text of this length; the text itself is to follow. */
    void jsonbAhead(int length) {
        room(5).putInt(1 + length).put(JSONB_VERSION);
    }

    void int4(int value) {
        room(8).putInt(4).putInt(value);
    }

    /** Also the form of a pg_lsn. */
    void int8(long value) {
        room(12).putInt(8).putLong(value);
    }

    /** Microseconds since 2000-01-01 UTC. */
    void timestamp(Instant instant) {
        int8((instant.getEpochSecond() - POSTGRES_EPOCH_SECONDS) * 1_000_000L + instant.getNano() / 1000);
    }

    /** A one-dimensional array; an empty one has no dimension. */
    void textArray(Collection<String> texts) {
        int lengthAt = room(4).position();
        buffer.putInt(0);
        room(20).putInt(texts.isEmpty() ? 0 : 1).putInt(0).putInt(TEXT_OID);
        if (!texts.isEmpty()) {
            buffer.putInt(texts.size()).putInt(1);
        }
        texts.forEach(this::text);
        buffer.putInt(lengthAt, buffer.position() - lengthAt - 4);
    }

    int size() {
        return buffer.position();
    }

    byte[] array() {
        return buffer.array();
    }

    void clear() {
        buffer.clear();
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            int used = buffer.position();
            int capacity = Math.max(buffer.capacity() * 2, used + bytes);
            buffer = ByteBuffer.wrap(Arrays.copyOf(buffer.array(), capacity)).position(used);
        }
        return buffer;
    }
}
