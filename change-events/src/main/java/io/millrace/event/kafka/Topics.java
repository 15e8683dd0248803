package io.millrace.event.kafka;

import io.millrace.event.TableId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names of topics. */
public final class Topics {

    /** Kafka's limit is 249, {@code org.apache.kafka.common.internals.Topic}; the names of dead-letter topics are longer than their topic's. */
    private static final int MAX_LENGTH = 249 - 40;

    private static final int HASH_LENGTH = 32;

    private Topics() {}

    /**
     * Returns {@code <source>.<schema>.<table>}, Debezium's convention. Bytes of a name that Kafka refuses, a dot inside a name and
     * the escape character itself are written as {@code _xNN}; an underscore before an {@code x} likewise, so that no two tables share
     * a topic. A name that would be too long for Kafka ends early, with {@code _xh} and a hash of the whole.
     */
    public static String of(String source, TableId table) {
        String name = plain(source, table);
        return name.length() <= MAX_LENGTH ? name : hashed(name);
    }

    /**
     * Returns another name for the same table, with its hash. Kafka refuses a topic whose name differs from another one's by dots for
     * underscores alone: {@code s.a.b_c} beside {@code s.a_b.c}.
     */
    public static String distinct(String source, TableId table) {
        return hashed(plain(source, table));
    }

    /** Returns whether Kafka refuses two topics beside each other. */
    public static boolean collide(String one, String other) {
        return !one.equals(other) && one.replace('.', '_').equals(other.replace('.', '_'));
    }

    private static String plain(String source, TableId table) {
        return source + "." + encode(table.schema()) + "." + encode(table.table());
    }

    private static String hashed(String name) {
        try {
            String hash = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.US_ASCII)))
                    .substring(0, HASH_LENGTH);
            // h is no hexadecimal digit: no name is encoded like this
            return name.substring(0, Math.min(name.length(), MAX_LENGTH - HASH_LENGTH - 3)) + "_xh" + hash;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
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
