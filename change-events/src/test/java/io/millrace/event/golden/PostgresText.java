package io.millrace.event.golden;

import java.util.Base64;
import java.util.HexFormat;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** The way back: from a canonical value to the text that PostgreSQL casts to the column's type. */
public final class PostgresText {

    private PostgresText() {}

    /**
     * Returns the text to cast; null for NULL.
     *
     * @param baseType as SQL, domains resolved
     */
    public static String of(JsonNode value, String baseType) {
        if (value.isNull()) {
            return null;
        }
        boolean array = baseType.endsWith("[]");
        String leaf = array ? baseType.substring(0, baseType.length() - 2) : baseType;
        if (array && value.isString()) {
            // an array whose bounds are its own stays as PostgreSQL writes it
            return value.stringValue();
        }
        return array ? array(value, leaf) : scalar(value, leaf);
    }

    private static String array(JsonNode values, String leaf) {
        return values.valueStream()
                .map(value -> {
                    if (value.isNull()) {
                        return "NULL";
                    }
                    return value.isArray()
                            ? array(value, leaf)
                            : '"' + scalar(value, leaf).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
                })
                // boxes are the one type whose elements are told apart by something else
                .collect(Collectors.joining(leaf.equals("box") ? ";" : ",", "{", "}"));
    }

    private static String scalar(JsonNode value, String leaf) {
        if (leaf.equals("bytea")) {
            return "\\x" + HexFormat.of().formatHex(Base64.getDecoder().decode(value.stringValue()));
        }
        return value.isString() ? value.stringValue() : value.toString();
    }
}
