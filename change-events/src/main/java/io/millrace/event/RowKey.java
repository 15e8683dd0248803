package io.millrace.event;

import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which row: a JSON object of the key columns in the key's order, with canonical values. It is the Kafka record's key.
 *
 * <p>Immutable and thread-safe. Equal keys have equal text.
 *
 * @param json the JSON object's text
 */
public record RowKey(String json) {

    /** Returns the key in these UTF-8 bytes, or null where there are none: a record of a table without a key, or a truncate. */
    public static @Nullable RowKey of(byte @Nullable [] utf8) {
        return utf8 == null || utf8.length == 0 ? null : new RowKey(new String(utf8, StandardCharsets.UTF_8));
    }

    /** Returns the names of the key columns, in the key's order. */
    public List<String> names() {
        return read(true);
    }

    /** Returns the key values as text, strings without their quotes, in the key's order. */
    public List<String> values() {
        return read(false);
    }

    private List<String> read(boolean names) {
        List<String> read = new ArrayList<>(2);
        byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
        JsonScanner scanner = new JsonScanner(utf8, 0, utf8.length);
        for (boolean more = scanner.open(); more; more = scanner.more()) {
            scanner.name();
            if (names) {
                read.add(scanner.nameText());
                scanner.skipValue();
            } else {
                read.add(scanner.text());
            }
        }
        scanner.end();
        return read;
    }

    /**
     * Returns the values percent-encoded (RFC 3986, unreserved characters kept) and joined by commas: the last part of a Redis key
     * and the {@code _id} of an Elasticsearch document.
     */
    public String encoded() {
        StringBuilder text = new StringBuilder(json.length());
        for (String value : values()) {
            text.append(text.isEmpty() ? "" : ",").append(percentEncode(value));
        }
        return text.toString();
    }

    /** Percent-encodes one value; what {@link #encoded} joins. */
    public static String percentEncode(String value) {
        boolean plain = true;
        for (int i = 0; plain && i < value.length(); i++) {
            char c = value.charAt(i);
            plain = c < 128 && (Character.isLetterOrDigit(c) || c == '-' || c == '_' || c == '.');
        }
        return plain
                ? value
                : URLEncoder.encode(value, StandardCharsets.UTF_8)
                        .replace("+", "%20")
                        .replace("*", "%2A")
                        .replace("%7E", "~");
    }

    /**
     * Returns a 64-bit hash (the first bytes of SHA-256) of source, table and key: what the change history finds the events of one
     * row by. Collisions are possible; a reader compares the key too.
     */
    public long hash(String source, TableId table) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((source + "\0" + table.schema() + "\0" + table.table() + "\0" + json)
                    .getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest.digest()).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return json;
    }
}
