package io.millrace.event;

import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Which row: a JSON object of the key columns in the key's order, with canonical values. It is the Kafka record's key.
 *
 * <p>Immutable and thread-safe. Equal keys have equal text.
 *
 * @param json the JSON object's text
 */
public record RowKey(String json) {

    private static final JsonFactory JSON = JsonFactory.builder().build();

    /** Returns the key in these UTF-8 bytes, or null where there are none: a record of a table without a key, or a truncate. */
    public static @Nullable RowKey of(byte @Nullable [] utf8) {
        return utf8 == null || utf8.length == 0 ? null : new RowKey(new String(utf8, StandardCharsets.UTF_8));
    }

    /** Returns the names of the key columns, in the key's order. */
    public List<String> names() {
        List<String> names = new ArrayList<>(2);
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                names.add(parser.currentName());
                parser.nextToken();
            }
        }
        return names;
    }

    /** Returns the key values as text, strings without their quotes, in the key's order. */
    public List<String> values() {
        List<String> values = new ArrayList<>(2);
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                parser.nextToken();
                values.add(parser.getString());
            }
        }
        return values;
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
        boolean plain = value.chars()
                .allMatch(c -> c < 128 && (Character.isLetterOrDigit(c) || c == '-' || c == '_' || c == '.'));
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
