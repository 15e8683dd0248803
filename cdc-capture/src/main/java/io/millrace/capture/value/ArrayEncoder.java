package io.millrace.capture.value;

/**
 * Writes PostgreSQL's array text as nested JSON arrays.
 *
 * <p>An array whose bounds do not start at 1 has them before its text ({@code [0:1]={1,2}}); it is written as that text, because a JSON
 * array would lose them.
 */
record ArrayEncoder(ValueEncoder element, char delimiter) implements ValueEncoder {

    @Override
    public void encode(byte[] text, int offset, int length, JsonBytes out) {
        if (text[offset] != '{') {
            out.string(text, offset, length);
            return;
        }
        int end = offset + length;
        int at = offset;
        // unescaped content of quoted elements; never longer than the text
        byte[] scratch = new byte[0];
        boolean first = true;
        while (at < end) {
            byte b = text[at];
            if (b == '{') {
                separate(first, out);
                out.raw('[');
                first = true;
                at++;
            } else if (b == '}') {
                out.raw(']');
                first = false;
                at++;
            } else if (b == delimiter) {
                at++;
            } else if (b == '"') {
                separate(first, out);
                first = false;
                if (scratch.length == 0) {
                    scratch = new byte[length];
                }
                int size = 0;
                for (at++; text[at] != '"'; at++) {
                    if (text[at] == '\\') {
                        at++;
                    }
                    scratch[size++] = text[at];
                }
                at++;
                element.encode(scratch, 0, size, out);
            } else {
                separate(first, out);
                first = false;
                int from = at;
                while (text[at] != delimiter && text[at] != '}') {
                    at++;
                }
                if (isNull(text, from, at)) {
                    out.rawNull();
                } else {
                    element.encode(text, from, at - from, out);
                }
            }
        }
    }

    private static void separate(boolean first, JsonBytes out) {
        if (!first) {
            out.raw(',');
        }
    }

    /** The string NULL is always quoted, so these letters without quotes are no string. */
    private static boolean isNull(byte[] text, int from, int to) {
        return to - from == 4
                && text[from] == 'N'
                && text[from + 1] == 'U'
                && text[from + 2] == 'L'
                && text[from + 3] == 'L';
    }
}
