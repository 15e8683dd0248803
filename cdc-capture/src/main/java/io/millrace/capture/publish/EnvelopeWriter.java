package io.millrace.capture.publish;

import io.millrace.capture.value.JsonBytes;
import io.millrace.capture.wal.Tuple;
import io.millrace.event.BeforeCompleteness;
import io.millrace.event.EventHeaders;
import io.millrace.event.Operation;
import io.millrace.event.SourcePosition;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Writes Debezium's envelope, without embedded schema, and the headers beside it. Keeps its buffers from record to record; not
 * thread-safe.
 */
final class EnvelopeWriter {

    private static final byte[] BEFORE = ascii("{\"before\":");
    private static final byte[] AFTER = ascii(",\"after\":");
    private static final byte[] NONE = ascii("null");
    private static final byte[] FULL = ascii(BeforeCompleteness.FULL.name());
    private static final byte[] KEY = ascii(BeforeCompleteness.KEY.name());

    private final byte[] sourceStart;
    private final String eventPrefix;
    private final Clock clock;
    private final JsonBytes value = new JsonBytes();
    private final JsonBytes small = new JsonBytes();

    EnvelopeWriter(String source, String database, String version, Clock clock) {
        JsonBytes start = new JsonBytes();
        start.raw(ascii(",\"source\":{\"version\":"));
        start.string(version);
        start.raw(ascii(",\"connector\":\"postgresql\",\"name\":"));
        start.string(source);
        start.raw(ascii(",\"db\":"));
        start.string(database);
        this.sourceStart = start.toBytes();
        this.eventPrefix = source + "-";
        this.clock = clock;
    }

    /** Where and when a change was made. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Origin(
            SourcePosition position,
            long lsn,
            long micros,
            @Nullable Long transactionId,
            byte @Nullable [] actor) {}

    /** An image of a row: all of it or its key alone, with what to take values from that were not sent. */
    record Image(Tuple row, @Nullable Tuple older, boolean keyOnly) {}

    /** Returns the version of Millrace, for the envelope. */
    static String version() {
        String version = EnvelopeWriter.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    byte[] key(RowShape shape, Tuple row, @Nullable Tuple older) {
        if (!shape.hasKey()) {
            return new byte[0];
        }
        small.clear();
        shape.key(row, older, small);
        return small.toBytes();
    }

    byte[] value(Published table, Operation operation, @Nullable Image before, @Nullable Image after, Origin origin) {
        value.clear();
        value.raw(BEFORE);
        image(table.shape(), before);
        value.raw(AFTER);
        image(table.shape(), after);
        return rest(table, operation, origin);
    }

    /** Writes a delete of a row of which nothing is known but that the source has none under this key. */
    byte[] missing(Published table, byte[] key, Origin origin) {
        value.clear();
        value.raw(BEFORE);
        value.raw(key);
        value.raw(AFTER);
        value.raw(NONE);
        return rest(table, Operation.DELETE, origin);
    }

    private byte[] rest(Published table, Operation operation, Origin origin) {
        value.raw(sourceStart);
        value.raw(table.names());
        field("\"ts_ms\":", Math.floorDiv(origin.micros(), 1000));
        field(",\"ts_us\":", origin.micros());
        value.raw(ascii(origin.position().isRead() ? ",\"snapshot\":\"true\"" : ",\"snapshot\":\"false\""));
        value.raw(ascii(",\"txId\":"));
        if (origin.transactionId() == null) {
            value.raw(NONE);
        } else {
            value.number(origin.transactionId());
        }
        field(",\"lsn\":", origin.lsn());
        field(",\"commit_lsn\":", origin.position().commitLsn());
        field(",\"ordinal\":", origin.position().ordinal());
        value.raw(ascii("},\"transaction\":null,\"op\":\""));
        value.raw(operation.code().charAt(0));
        Instant now = clock.instant();
        long micros = now.getEpochSecond() * 1_000_000 + now.getNano() / 1000;
        field("\",\"ts_ms\":", micros / 1000);
        field(",\"ts_us\":", micros);
        value.raw('}');
        return value.toBytes();
    }

    RecordHeaders headers(Published table, @Nullable Image before, @Nullable Image after, Origin origin) {
        RecordHeaders headers = new RecordHeaders();
        String position = origin.position().toString();
        headers.add(EventHeaders.POSITION, ascii(position));
        headers.add(EventHeaders.EVENT_ID, ascii(eventPrefix + position));
        small.clear();
        small.hex16(origin.lsn());
        headers.add(EventHeaders.LSN, small.toBytes());
        headers.add(EventHeaders.SCHEMA_VERSION, table.schemaVersion());
        if (before != null) {
            headers.add(EventHeaders.BEFORE, before.keyOnly() ? KEY : FULL);
        }
        if (after != null) {
            small.clear();
            if (table.shape().unavailable(after.row(), after.older(), small)) {
                headers.add(EventHeaders.UNAVAILABLE, small.toBytes());
            }
        }
        if (origin.actor() != null) {
            headers.add(EventHeaders.ACTOR, origin.actor());
        }
        return headers;
    }

    RecordHeaders keyOnlyHeaders(Published table, Origin origin) {
        RecordHeaders headers = headers(table, null, null, origin);
        headers.add(EventHeaders.BEFORE, KEY);
        return headers;
    }

    private void image(RowShape shape, @Nullable Image image) {
        if (image == null) {
            value.raw(NONE);
        } else if (image.keyOnly()) {
            shape.keyImage(image.row(), value);
        } else {
            shape.row(image.row(), image.older(), value);
        }
    }

    private void field(String name, long number) {
        value.raw(ascii(name));
        value.number(number);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
