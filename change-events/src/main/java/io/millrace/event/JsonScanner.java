package io.millrace.event;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.Consumer;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Walks over the members of JSON objects in UTF-8 without making anything of their values: what a delivered change costs most is looking
 * at its bytes. Refuses what RFC 8259 does not allow, to any depth of nesting. An error says where and what is expected, and shows none
 * of the values. Not thread-safe.
 *
 * <p>{@code for (boolean more = scanner.open(); more; more = scanner.more())}, with {@link #name} and one way to take the value in the
 * loop.
 */
final class JsonScanner {

    private static final JsonFactory JSON = JsonFactory.builder().build();

    private final byte[] bytes;
    private final int end;
    private int at;
    private int nameFrom;
    private int nameTo;

    JsonScanner(byte[] bytes, int from, int length) {
        this.bytes = bytes;
        this.at = from;
        this.end = from + length;
    }

    /** Returns where in the array it stands: at a value after {@link #name}, behind it once it is taken. */
    int at() {
        return at;
    }

    /** Enters an object; returns whether it has a member. */
    boolean open() {
        space();
        expect('{');
        space();
        if (peek() != '}') {
            return true;
        }
        at++;
        return false;
    }

    /** Goes to the next member, behind a value; returns whether there is one. */
    boolean more() {
        space();
        if (peek() == '}') {
            at++;
            return false;
        }
        expect(',');
        space();
        return true;
    }

    /** Reads a member's name, and goes to its value. */
    void name() {
        nameFrom = at + 1;
        skipString();
        nameTo = at - 1;
        space();
        expect(':');
        space();
    }

    /** Whether the member has this name, given in UTF-8 as it is without escapes. */
    boolean isNamed(byte[] name) {
        return Arrays.equals(bytes, nameFrom, nameTo, name, 0, name.length);
    }

    String nameText() {
        return text(nameFrom - 1, nameTo + 1);
    }

    boolean isNull() {
        return peek() == 'n';
    }

    /** Takes a value as text: a string without quotes and escapes, anything else as it is written. */
    String text() {
        int from = at;
        skipValue();
        return bytes[from] == '"' ? text(from, at) : new String(bytes, from, at - from, StandardCharsets.UTF_8);
    }

    private String text(int from, int to) {
        for (int i = from + 1; i < to - 1; i++) {
            if (bytes[i] == '\\') {
                try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), bytes, from, to - from)) {
                    parser.nextToken();
                    return parser.getString();
                }
            }
        }
        return new String(bytes, from + 1, to - from - 2, StandardCharsets.UTF_8);
    }

    /** Takes an array, and shows each of its values as text. */
    void texts(Consumer<String> reader) {
        expect('[');
        space();
        if (peek() == ']') {
            at++;
            return;
        }
        while (true) {
            reader.accept(text());
            space();
            if (peek() == ']') {
                at++;
                return;
            }
            expect(',');
            space();
        }
    }

    /** Takes a whole number. */
    long integer() {
        String text = text();
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("a whole number is expected before byte " + at, e);
        }
    }

    /** Takes a value, whatever it is. */
    void skipValue() {
        if (peek() == '{' || peek() == '[') {
            skipNested();
        } else {
            skipScalar();
        }
    }

    /** Requires that nothing follows. */
    void end() {
        space();
        if (at < end) {
            throw expected("nothing more");
        }
    }

    private void skipNested() {
        // which of the levels are objects
        BitSet objects = new BitSet();
        int depth = 0;
        while (true) {
            int first = peek();
            boolean entered = first == '{' || first == '[';
            if (entered) {
                at++;
                objects.set(depth++, first == '{');
                space();
            } else {
                skipScalar();
            }
            // behind a value, or at the beginning of an object or array
            while (true) {
                space();
                boolean object = objects.get(depth - 1);
                if (peek() == (object ? '}' : ']')) {
                    at++;
                    depth--;
                    entered = false;
                    if (depth == 0) {
                        return;
                    }
                    continue;
                }
                if (!entered) {
                    expect(',');
                    space();
                }
                if (object) {
                    skipString();
                    space();
                    expect(':');
                    space();
                }
                break;
            }
        }
    }

    private void skipScalar() {
        switch (peek()) {
            case '"' -> skipString();
            case 't' -> skipWord("true");
            case 'f' -> skipWord("false");
            case 'n' -> skipWord("null");
            default -> skipNumber();
        }
    }

    private void skipString() {
        expect('"');
        int i = at;
        while (i < end) {
            byte b = bytes[i++];
            if (b == '"') {
                at = i;
                return;
            }
            if (b == '\\') {
                i = escape(i);
            } else if (b >= 0 && b < ' ') {
                at = i - 1;
                throw expected("no control character in a string");
            } else if (b < 0) {
                i = character(i - 1);
            }
        }
        at = end;
        throw expected("the end of a string");
    }

    private int escape(int from) {
        at = from;
        int letter = peek();
        if (letter == 'u') {
            for (int i = from + 1; i <= from + 4; i++) {
                if (i >= end || Character.digit(bytes[i], 16) < 0) {
                    throw expected("four hexadecimal digits");
                }
            }
            return from + 5;
        }
        if ("\"\\/bfnrt".indexOf(letter) < 0) {
            throw expected("an escape");
        }
        return from + 1;
    }

    /** Returns where the character ends that begins there and is none of ASCII's. */
    private int character(int from) {
        int first = bytes[from] & 0xFF;
        int more = first < 0xC2 || first > 0xF4 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
        at = from;
        if (more == 0 || from + more >= end) {
            throw expected("UTF-8");
        }
        // no longer form than needed, no surrogate, nothing beyond Unicode
        int second = bytes[from + 1] & 0xFF;
        if ((first == 0xE0 && second < 0xA0)
                || (first == 0xED && second > 0x9F)
                || (first == 0xF0 && second < 0x90)
                || (first == 0xF4 && second > 0x8F)) {
            throw expected("UTF-8");
        }
        for (int i = from + 1; i <= from + more; i++) {
            if ((bytes[i] & 0xC0) != 0x80) {
                throw expected("UTF-8");
            }
        }
        return from + more + 1;
    }

    private void skipWord(String word) {
        for (int i = 0; i < word.length(); i++) {
            expect(word.charAt(i));
        }
    }

    private void skipNumber() {
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
    }

    private void digits() {
        int from = at;
        while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
        if (at == from) {
            throw expected(peek() < 0 ? "a value" : "a digit");
        }
    }

    /** The next byte; -1 at the end. */
    private int peek() {
        return at < end ? bytes[at] & 0xFF : -1;
    }

    private void space() {
        while (at < end && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
            at++;
        }
    }

    private void expect(char wanted) {
        if (peek() != wanted) {
            throw expected("'" + wanted + "'");
        }
        at++;
    }

    private IllegalArgumentException expected(String what) {
        return new IllegalArgumentException(
                at < end ? what + " is expected at byte " + at : "it ends where " + what + " is expected");
    }
}
