package io.millrace.capture.snapshot;

import java.util.Base64;
import java.util.HexFormat;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** From an array as it is in events to PostgreSQL's text of one (PostgreSQL documentation, "Array Input and Output Syntax"). */
final class ArrayText {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private ArrayText() {}

    /**
     * Returns the text that can be cast to the array's type.
     *
     * @param value a JSON array, or text of PostgreSQL's where the array has bounds of its own
     * @param bytes whether the elements are base64
     */
    static String of(String value, boolean bytes) {
        if (!value.startsWith("[") || !value.endsWith("]")) {
            return value;
        }
        StringBuilder text = new StringBuilder(value.length() + 8);
        append(JSON.readTree(value), bytes, text);
        return text.toString();
    }

    private static void append(JsonNode node, boolean bytes, StringBuilder text) {
        if (node.isArray()) {
            text.append('{');
            for (int i = 0; i < node.size(); i++) {
                text.append(i == 0 ? "" : ",");
                append(node.get(i), bytes, text);
            }
            text.append('}');
        } else if (node.isNull()) {
            text.append("NULL");
        } else {
            String element = node.isString() ? node.stringValue() : node.toString();
            String plain =
                    bytes ? "\\x" + HexFormat.of().formatHex(Base64.getDecoder().decode(element)) : element;
            text.append('"')
                    .append(plain.replace("\\", "\\\\").replace("\"", "\\\""))
                    .append('"');
        }
    }
}
