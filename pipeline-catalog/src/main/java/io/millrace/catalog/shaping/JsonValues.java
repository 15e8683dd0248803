package io.millrace.catalog.shaping;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Reads single JSON values from slices of bytes. */
final class JsonValues {

    private static final JsonFactory JSON = JsonFactory.builder().build();

    private JsonValues() {}

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static boolean isNull(byte[] bytes, int from, int length) {
        return length == 4 && bytes[from] == 'n';
    }

    /** Returns a string without quotes and escapes, of anything else its JSON; UTF-8. */
    static byte[] text(byte[] bytes, int from, int length) {
        if (bytes[from] != '"') {
            return Arrays.copyOfRange(bytes, from, from + length);
        }
        for (int i = from + 1; i < from + length; i++) {
            if (bytes[i] == '\\') {
                return string(bytes, from, length).getBytes(StandardCharsets.UTF_8);
            }
        }
        return Arrays.copyOfRange(bytes, from + 1, from + length - 1);
    }

    /** Returns the same as a Java string. */
    static String string(byte[] bytes, int from, int length) {
        if (bytes[from] != '"') {
            return new String(bytes, from, length, StandardCharsets.UTF_8);
        }
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), bytes, from, length)) {
            parser.nextToken();
            return parser.getString();
        }
    }
}
