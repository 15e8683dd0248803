package io.millrace.event;

import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads change events from Debezium's envelope as JSON without embedded schema, and the headers beside it.
 *
 * <p>Row images are not parsed: they stay slices of the record's bytes. Stateless and thread-safe.
 */
public final class ChangeEventCodec {

    /** What stands in a row image for a value that PostgreSQL did not send: Debezium's default placeholder. */
    public static final String UNAVAILABLE = "__debezium_unavailable_value";

    private static final JsonFactory JSON = JsonFactory.builder().build();

    /** What travels beside the envelope, as Kafka headers. A value is null when the header is absent. */
    public interface HeaderValues {
        @Nullable
        String get(String name);
    }

    /**
     * Reads one event.
     *
     * @param key the record's key, a JSON object, or null
     * @param value the envelope
     * @throws MalformedEventException if it is not an event of this contract; the message says what is missing
     */
    public ChangeEvent decode(byte @Nullable [] key, byte[] value, HeaderValues headers) {
        try {
            return read(key, value, headers);
        } catch (JacksonException | IllegalArgumentException e) {
            throw new MalformedEventException("Not a change event: " + e.getMessage(), e);
        }
    }

    private ChangeEvent read(byte @Nullable [] key, byte[] value, HeaderValues headers) {
        Row before = null;
        Row after = null;
        SourceBlock source = null;
        String op = null;
        long capturedMicros = 0;
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), value)) {
            parser.nextToken();
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                parser.nextToken();
                switch (name) {
                    case "before" -> before = image(parser, value);
                    case "after" -> after = image(parser, value);
                    case "source" -> source = SourceBlock.read(parser);
                    case "op" -> op = parser.getString();
                    case "ts_ms" -> capturedMicros = Math.max(capturedMicros, parser.getLongValue() * 1000);
                    case "ts_us" -> capturedMicros = parser.getLongValue();
                    default -> parser.skipChildren();
                }
            }
        }
        if (op == null || source == null) {
            throw new IllegalArgumentException("the envelope lacks " + (op == null ? "op" : "source"));
        }
        String completeness = headers.get(EventHeaders.BEFORE);
        String schemaVersion = headers.get(EventHeaders.SCHEMA_VERSION);
        return new ChangeEvent(
                source.name(),
                new TableId(source.schema(), source.table()),
                SourcePosition.parse(required(headers, EventHeaders.POSITION)),
                Long.parseUnsignedLong(required(headers, EventHeaders.LSN), 16),
                Operation.ofCode(op),
                RowKey.of(key),
                before,
                completeness == null ? BeforeCompleteness.NONE : BeforeCompleteness.valueOf(completeness),
                after,
                unavailable(headers.get(EventHeaders.UNAVAILABLE)),
                new TransactionInfo(
                        source.transactionId(), micros(source.committedMicros()), headers.get(EventHeaders.ACTOR)),
                micros(capturedMicros),
                schemaVersion == null ? 1 : Integer.parseInt(schemaVersion));
    }

    private static @Nullable Row image(JsonParser parser, byte[] value) {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        int from = (int) parser.currentTokenLocation().getByteOffset();
        parser.skipChildren();
        int to = (int) parser.currentLocation().getByteOffset();
        return new Row(value, from, to - from);
    }

    private static Set<String> unavailable(@Nullable String json) {
        if (json == null) {
            return Set.of();
        }
        Set<String> columns = new LinkedHashSet<>();
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.VALUE_STRING) {
                columns.add(parser.getString());
            }
        }
        return columns;
    }

    private static String required(HeaderValues headers, String name) {
        String value = headers.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the header " + name + " is missing");
        }
        return value;
    }

    private static Instant micros(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000);
    }

    /** The parts of the envelope's {@code source} block that an event needs; the rest is for other readers. */
    private record SourceBlock(
            String name,
            String schema,
            String table,
            @Nullable Long transactionId,
            long committedMicros) {

        static SourceBlock read(JsonParser parser) {
            String source = null;
            String schema = null;
            String table = null;
            Long transactionId = null;
            long micros = 0;
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                JsonToken token = parser.nextToken();
                switch (name) {
                    case "name" -> source = parser.getString();
                    case "schema" -> schema = parser.getString();
                    case "table" -> table = parser.getString();
                    case "txId" -> transactionId = token == JsonToken.VALUE_NULL ? null : (Long) parser.getLongValue();
                    case "ts_ms" -> micros = Math.max(micros, parser.getLongValue() * 1000);
                    case "ts_us" -> micros = parser.getLongValue();
                    default -> parser.skipChildren();
                }
            }
            if (source == null || schema == null || table == null) {
                throw new IllegalArgumentException("the source block lacks name, schema or table");
            }
            return new SourceBlock(source, schema, table, transactionId, micros);
        }
    }
}
