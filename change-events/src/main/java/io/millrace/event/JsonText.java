package io.millrace.event;

import java.nio.charset.StandardCharsets;
import tools.jackson.core.io.JsonStringEncoder;

/** Writes strings as JSON. */
final class JsonText {

    private JsonText() {}

    /** Returns the string as a JSON string in UTF-8, quotes included. */
    static byte[] quote(String text) {
        return ('"' + new String(JsonStringEncoder.getInstance().quoteAsCharArray(text)) + '"')
                .getBytes(StandardCharsets.UTF_8);
    }
}
