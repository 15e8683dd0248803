package io.millrace.event.kafka;

import io.millrace.event.TableId;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Names of topics. */
public final class Topics {

    /** Kafka's limit, {@code org.apache.kafka.common.internals.Topic}. */
    private static final int MAX_LENGTH = 249;

    private Topics() {}

    /**
     * Returns {@code <source>.<schema>.<table>}, Debezium's convention. Bytes of a name that Kafka refuses, a dot inside a name and
     * the escape character itself are written as {@code _xNN}; an underscore before an {@code x} likewise, so that no two tables share
     * a topic.
     *
     * @throws IllegalArgumentException if the encoded name is longer than Kafka allows
     */
    public static String of(String source, TableId table) {
        String name = source + "." + encode(table.schema()) + "." + encode(table.table());
        if (name.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("The topic's name for " + table + " would be " + name.length()
                    + " characters long; Kafka allows " + MAX_LENGTH);
        }
        return name;
    }

    /** Returns the topic of a sink's dead letters of one table's topic. */
    public static String deadLetters(String topic, String sink) {
        return topic + "." + sink + ".dlt";
    }

    private static String encode(String name) {
        StringBuilder text = new StringBuilder(name.length());
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < utf8.length; i++) {
            byte b = utf8[i];
            boolean escapeLookalike = b == '_' && i + 1 < utf8.length && utf8[i + 1] == 'x';
            if (!escapeLookalike
                    && (b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '-')) {
                text.append((char) b);
            } else {
                text.append("_x").append(HexFormat.of().toHexDigits(b));
            }
        }
        return text.toString();
    }
}
