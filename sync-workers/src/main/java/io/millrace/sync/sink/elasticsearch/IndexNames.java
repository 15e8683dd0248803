package io.millrace.sync.sink.elasticsearch;

import io.millrace.event.RowKey;
import io.millrace.event.TableId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names of aliases, indexes and documents. */
final class IndexNames {

    /** Elasticsearch's limits, in bytes. */
    private static final int MAX_ID = 512;

    /** Leaves room for {@code -000001} and for writers' names, {@code ~-W1}; {@code ~-} is never part of an encoded name. */
    private static final int MAX_NAME = 255 - 12;

    private IndexNames() {}

    /**
     * Returns {@code <source>.<schema>.<table>} in lower case. An upper-case letter is written as {@code ~} and its lower case, other
     * bytes that an index name cannot hold, dots inside a name and {@code ~} itself as {@code ~NN}: no two tables share an alias.
     */
    static String alias(String source, TableId table) {
        String name = source + "." + encode(table.schema()) + "." + encode(table.table());
        return name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME - 65) + "~" + sha256(name);
    }

    private static String encode(String name) {
        StringBuilder text = new StringBuilder(name.length());
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            if (b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '_' || b == '-') {
                text.append((char) b);
            } else if (b >= 'A' && b <= 'Z') {
                text.append('~').append((char) (b + ('a' - 'A')));
            } else {
                text.append('~').append('0').append(HexFormat.of().toHexDigits(b));
            }
        }
        return text.toString();
    }

    /** Returns the {@code _id} of a row: its encoded key; of a longer one than Elasticsearch allows its SHA-256 behind {@code !}. */
    static String id(RowKey key) {
        String encoded = key.encoded();
        // percent-encoded, hence ASCII: characters are bytes; ! never stands in an encoded key
        return encoded.length() <= MAX_ID ? encoded : "!" + sha256(encoded);
    }

    /** Tells whether an id is not the key itself. */
    static boolean isHashed(String id) {
        return id.startsWith("!");
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
