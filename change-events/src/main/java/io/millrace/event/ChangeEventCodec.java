package io.millrace.event;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads change events from Debezium's envelope as JSON without embedded schema, and the headers beside it.
 *
 * <p>Row images are not parsed: they stay slices of the record's bytes. Stateless and thread-safe.
 */
public final class ChangeEventCodec {

    /** What stands in a row image for a value that PostgreSQL did not send: Debezium's default placeholder. */
    public static final String UNAVAILABLE = "__debezium_unavailable_value";

    private static final byte[] BEFORE = ascii("before");
    private static final byte[] AFTER = ascii("after");
    private static final byte[] SOURCE = ascii("source");
    private static final byte[] OP = ascii("op");
    private static final byte[] TS_MS = ascii("ts_ms");
    private static final byte[] TS_US = ascii("ts_us");
    private static final byte[] NAME = ascii("name");
    private static final byte[] SCHEMA = ascii("schema");
    private static final byte[] TABLE = ascii("table");
    private static final byte[] TX_ID = ascii("txId");

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

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
        } catch (IllegalArgumentException e) {
            throw new MalformedEventException("Not a change event: " + e.getMessage(), e);
        }
    }

    private ChangeEvent read(byte @Nullable [] key, byte[] value, HeaderValues headers) {
        Row before = null;
        Row after = null;
        SourceBlock source = null;
        String op = null;
        long capturedMicros = 0;
        JsonScanner scanner = new JsonScanner(value, 0, value.length);
        for (boolean more = scanner.open(); more; more = scanner.more()) {
            scanner.name();
            if (scanner.isNamed(BEFORE)) {
                before = image(scanner, value);
            } else if (scanner.isNamed(AFTER)) {
                after = image(scanner, value);
            } else if (scanner.isNamed(SOURCE)) {
                source = SourceBlock.read(scanner);
            } else if (scanner.isNamed(OP)) {
                op = scanner.text();
            } else if (scanner.isNamed(TS_MS)) {
                capturedMicros = Math.max(capturedMicros, scanner.integer() * 1000);
            } else if (scanner.isNamed(TS_US)) {
                capturedMicros = scanner.integer();
            } else {
                scanner.skipValue();
            }
        }
        scanner.end();
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
                key(key),
                before,
                completeness == null ? BeforeCompleteness.NONE : BeforeCompleteness.valueOf(completeness),
                after,
                unavailable(headers.get(EventHeaders.UNAVAILABLE)),
                new TransactionInfo(
                        source.transactionId(), micros(source.committedMicros()), headers.get(EventHeaders.ACTOR)),
                micros(capturedMicros),
                schemaVersion == null ? 1 : Integer.parseInt(schemaVersion));
    }

    private static @Nullable RowKey key(byte @Nullable [] key) {
        if (key != null && key.length > 0) {
            JsonScanner scanner = new JsonScanner(key, 0, key.length);
            for (boolean more = scanner.open(); more; more = scanner.more()) {
                scanner.name();
                scanner.skipValue();
            }
            scanner.end();
        }
        return RowKey.of(key);
    }

    private static @Nullable Row image(JsonScanner scanner, byte[] value) {
        if (scanner.isNull()) {
            scanner.skipValue();
            return null;
        }
        int from = scanner.at();
        scanner.skipValue();
        if (value[from] != '{') {
            throw new IllegalArgumentException("an object is expected at byte " + from);
        }
        return new Row(value, from, scanner.at() - from);
    }

    private static Set<String> unavailable(@Nullable String json) {
        if (json == null) {
            return Set.of();
        }
        Set<String> columns = new LinkedHashSet<>();
        byte[] names = json.getBytes(StandardCharsets.UTF_8);
        JsonScanner scanner = new JsonScanner(names, 0, names.length);
        scanner.texts(columns::add);
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

        static SourceBlock read(JsonScanner scanner) {
            String source = null;
            String schema = null;
            String table = null;
            Long transactionId = null;
            long micros = 0;
            for (boolean more = scanner.open(); more; more = scanner.more()) {
                scanner.name();
                if (scanner.isNamed(NAME)) {
                    source = scanner.text();
                } else if (scanner.isNamed(SCHEMA)) {
                    schema = scanner.text();
                } else if (scanner.isNamed(TABLE)) {
                    table = scanner.text();
                } else if (scanner.isNamed(TX_ID) && !scanner.isNull()) {
                    transactionId = scanner.integer();
                } else if (scanner.isNamed(TS_MS)) {
                    micros = Math.max(micros, scanner.integer() * 1000);
                } else if (scanner.isNamed(TS_US)) {
                    micros = scanner.integer();
                } else {
                    scanner.skipValue();
                }
            }
            if (source == null || schema == null || table == null) {
                throw new IllegalArgumentException("the source block lacks name, schema or table");
            }
            return new SourceBlock(source, schema, table, transactionId, micros);
        }
    }
}
