package io.millrace.sync.sink.audit;

import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.core.json.JsonFactory;

/** JSON that {@code jsonb} takes. It refuses one thing that JSON allows: the character NUL. */
final class JsonbText {

    private static final JsonFactory JSON = JsonFactory.builder().build();
    private static final byte[] NUL = "\\u0000".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] REPLACEMENT = "\\ufffd".getBytes(StandardCharsets.US_ASCII);

    private JsonbText() {}

    /**
     * Returns the JSON with every escaped NUL replaced by U+FFFD. No text of PostgreSQL can hold NUL; it can come from a logical
     * message or another producer, and such a change must not be missing from the history for it.
     */
    static byte[] acceptable(byte[] json) {
        byte[] result = json;
        for (int at = indexOfNul(json, 0); at >= 0; at = indexOfNul(json, at + NUL.length)) {
            if (result == json) {
                result = json.clone();
            }
            System.arraycopy(REPLACEMENT, 0, result, at, REPLACEMENT.length);
        }
        return result;
    }

    private static int indexOfNul(byte[] json, int from) {
        for (int i = from; i + NUL.length <= json.length; i++) {
            if (json[i] == '\\') {
                if (java.util.Arrays.equals(json, i, i + NUL.length, NUL, 0, NUL.length)) {
                    return i;
                }
                // an escaped character, perhaps a backslash: what follows it is plain
                i++;
            }
        }
        return -1;
    }

    /** Returns text of which nothing is known as it is where it is JSON, else as a JSON string. */
    static byte[] ofUntrusted(String text) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), text)) {
            if (parser.nextToken() != null) {
                parser.skipChildren();
                if (parser.nextToken() == null) {
                    return text.getBytes(StandardCharsets.UTF_8);
                }
            }
        } catch (JacksonException e) {
            // not JSON: kept as what it is, a text
        }
        return ('"' + new String(JsonStringEncoder.getInstance().quoteAsCharArray(text)) + '"')
                .getBytes(StandardCharsets.UTF_8);
    }
}
