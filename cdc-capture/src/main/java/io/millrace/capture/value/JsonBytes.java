package io.millrace.capture.value;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing buffer of JSON in UTF-8. Reused from record to record; not thread-safe. */
public final class JsonBytes {

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BASE64 =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

    private byte[] bytes = new byte[1024];
    private int size;

    /** Forgets the content. */
    public void clear() {
        // one row of many megabytes must not hold its buffer for ever
        if (bytes.length > 1 << 20) {
            bytes = new byte[1024];
        }
        size = 0;
    }

    /** Returns how many bytes there are. */
    public int size() {
        return size;
    }

    /** Forgets what was written from this size on. */
    public void truncate(int to) {
        size = to;
    }

    /** Returns a copy of the content. */
    public byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    /** Appends one byte as it is. */
    public void raw(int b) {
        reserve(1);
        bytes[size++] = (byte) b;
    }

    /** Appends bytes as they are. */
    public void raw(byte[] source) {
        raw(source, 0, source.length);
    }

    /** Appends bytes as they are. */
    public void raw(byte[] source, int offset, int length) {
        reserve(length);
        System.arraycopy(source, offset, bytes, size, length);
        size += length;
    }

    /** Appends {@code null}. */
    public void rawNull() {
        raw(NULL);
    }

    /** Appends a decimal number. */
    public void number(long value) {
        if (value == Long.MIN_VALUE) {
            raw(Long.toString(value).getBytes(StandardCharsets.US_ASCII));
            return;
        }
        reserve(20);
        long rest = value;
        if (rest < 0) {
            bytes[size++] = '-';
            rest = -rest;
        }
        int digits = 1;
        for (long limit = rest; limit >= 10; limit /= 10) {
            digits++;
        }
        for (int i = size + digits - 1; i >= size; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        size += digits;
    }

    /** Appends 16 hexadecimal digits in upper case. */
    public void hex16(long value) {
        reserve(16);
        for (int shift = 60; shift >= 0; shift -= 4) {
            int digit = (int) (value >>> shift) & 0xF;
            bytes[size++] = (byte) (digit < 10 ? '0' + digit : 'A' + digit - 10);
        }
    }

    /** Appends a JSON string, quotes included. */
    public void string(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        string(utf8, 0, utf8.length);
    }

    /** Appends UTF-8 text as a JSON string, quotes included. */
    public void string(byte[] utf8, int offset, int length) {
        raw('"');
        escaped(utf8, offset, length);
        raw('"');
    }

    /** Appends UTF-8 text as the inside of a JSON string. */
    public void escaped(byte[] utf8, int offset, int length) {
        int end = offset + length;
        int from = offset;
        for (int i = offset; i < end; i++) {
            byte b = utf8[i];
            if (b == '"' || b == '\\' || (b >= 0 && b < 0x20)) {
                raw(utf8, from, i - from);
                escape(b);
                from = i + 1;
            }
        }
        raw(utf8, from, end - from);
    }

    private void escape(byte b) {
        raw('\\');
        switch (b) {
            case '"', '\\' -> raw(b);
            case '\n' -> raw('n');
            case '\r' -> raw('r');
            case '\t' -> raw('t');
            case '\b' -> raw('b');
            case '\f' -> raw('f');
            default -> {
                raw('u');
                raw('0');
                raw('0');
                raw(HEX[b >> 4]);
                raw(HEX[b & 0xF]);
            }
        }
    }

    /** Appends hexadecimal text as a JSON string in base64 (RFC 4648, padded). */
    public void base64OfHex(byte[] hex, int offset, int length) {
        int count = length / 2;
        reserve((count + 2) / 3 * 4 + 2);
        bytes[size++] = '"';
        for (int i = 0; i < count; i += 3) {
            int at = offset + i * 2;
            int left = count - i;
            int group = hexByte(hex, at) << 16
                    | (left > 1 ? hexByte(hex, at + 2) << 8 : 0)
                    | (left > 2 ? hexByte(hex, at + 4) : 0);
            bytes[size++] = BASE64[group >> 18];
            bytes[size++] = BASE64[group >> 12 & 63];
            bytes[size++] = left > 1 ? BASE64[group >> 6 & 63] : (byte) '=';
            bytes[size++] = left > 2 ? BASE64[group & 63] : (byte) '=';
        }
        bytes[size++] = '"';
    }

    private static int hexByte(byte[] hex, int at) {
        return Character.digit(hex[at], 16) << 4 | Character.digit(hex[at + 1], 16);
    }

    private void reserve(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), Math.min(bytes.length, 1 << 29) * 2));
        }
    }

    /** Returns the content as text. */
    @Override
    public String toString() {
        return new String(bytes, 0, size, StandardCharsets.UTF_8);
    }
}
