package io.millrace.capture.value;

/**
 * Writes {@code timestamp} and {@code timestamptz} as ISO 8601 with exactly six fraction digits, timestamptz in UTC with Z. What
 * PostgreSQL needs to read the value back stays: {@code infinity}, years beyond 9999 and the suffix BC.
 */
final class Timestamps {

    private static final int MICROSECOND_DIGITS = 6;

    private Timestamps() {}

    static void encode(byte[] text, int offset, int length, JsonBytes out) {
        int end = offset + length;
        int space = indexOf(text, offset, end, ' ');
        if (space < 0) {
            out.string(text, offset, length);
            return;
        }
        out.raw('"');
        out.raw(text, offset, space - offset);
        out.raw('T');
        int at = space + 1;
        while (at < end && (text[at] >= '0' && text[at] <= '9' || text[at] == ':')) {
            at++;
        }
        out.raw(text, space + 1, at - space - 1);
        out.raw('.');
        int digits = 0;
        if (at < end && text[at] == '.') {
            at++;
            while (at < end && text[at] >= '0' && text[at] <= '9') {
                out.raw(text[at++]);
                digits++;
            }
        }
        for (; digits < MICROSECOND_DIGITS; digits++) {
            out.raw('0');
        }
        // the session's time zone is UTC, so the offset can only be +00
        if (at < end && text[at] == '+') {
            out.raw('Z');
            at += 3;
        }
        out.raw(text, at, end - at);
        out.raw('"');
    }

    private static int indexOf(byte[] text, int from, int to, char wanted) {
        for (int i = from; i < to; i++) {
            if (text[i] == wanted) {
                return i;
            }
        }
        return -1;
    }
}
