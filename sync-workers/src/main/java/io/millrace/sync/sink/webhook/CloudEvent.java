package io.millrace.sync.sink.webhook;

import io.millrace.event.ChangeEvent;
import io.millrace.event.Row;
import io.millrace.event.RowKey;
import io.millrace.event.SourcePosition;
import io.millrace.sync.sink.EffectSink;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Writes a change as a CloudEvent 1.0 in structured JSON; {@code data} is Debezium's envelope.
 *
 * <p>The envelope is written from the event and not copied from the record, so that it holds what this sink may see. Columns whose
 * value PostgreSQL did not send are left out of {@code after} and named in {@code unavailable}.
 */
final class CloudEvent {

    static final String CONTENT_TYPE = "application/cloudevents+json";

    private static final JsonFactory JSON = JsonFactory.builder().build();
    private static final String TYPE_PREFIX = "io.millrace.change.";

    private CloudEvent() {}

    static byte[] write(ChangeEvent event) {
        ByteArrayOutputStream body = new ByteArrayOutputStream(1024);
        RowKey key = event.key();
        String table = event.table().schema() + "." + event.table().table();
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), body)) {
            json.writeStartObject();
            json.writeStringProperty("specversion", "1.0");
            json.writeStringProperty("id", EffectSink.idOf(event));
            json.writeStringProperty("source", "/millrace/" + event.source());
            json.writeStringProperty("type", TYPE_PREFIX + event.operation().word());
            json.writeStringProperty("subject", key == null ? table : table + "/" + key.encoded());
            json.writeStringProperty(
                    "time",
                    event.transaction()
                            .committedAt()
                            .truncatedTo(ChronoUnit.MICROS)
                            .toString());
            json.writeStringProperty("datacontenttype", "application/json");
            // two extensions that CloudEvents documents: order by sequence, per partitionkey
            json.writeStringProperty("sequence", sequence(event.position()));
            json.writeStringProperty("partitionkey", key == null ? table : table + "/" + key.encoded());
            json.writeName("data");
            data(json, event);
            json.writeEndObject();
        }
        return body.toByteArray();
    }

    /** The position such that the order of the texts is the order of the changes of a row; a read stands before its changes. */
    private static String sequence(SourcePosition position) {
        return String.format(
                Locale.ROOT,
                "%04d-%016X-%08X",
                position.epoch(),
                position.commitLsn(),
                position.ordinal() - Integer.MIN_VALUE);
    }

    private static void data(JsonGenerator json, ChangeEvent event) {
        Row after = event.after();
        boolean whole = event.unavailable().isEmpty();
        json.writeStartObject();
        row(json, "before", event.before());
        row(json, "after", after == null || whole ? after : after.without(event.unavailable()));
        source(json, event);
        json.writeStringProperty("op", event.operation().code());
        json.writeNumberProperty("ts_ms", event.capturedAt().toEpochMilli());
        json.writeNumberProperty("ts_us", micros(event.capturedAt()));
        if (!whole) {
            json.writeArrayPropertyStart("unavailable");
            event.unavailable().forEach(json::writeString);
            json.writeEndArray();
        }
        String actor = event.transaction().actor();
        if (actor != null) {
            json.writeStringProperty("actor", actor);
        }
        json.writeEndObject();
    }

    private static void source(JsonGenerator json, ChangeEvent event) {
        Long transaction = event.transaction().id();
        Instant committed = event.transaction().committedAt();
        json.writeObjectPropertyStart("source");
        json.writeStringProperty("connector", "postgresql");
        json.writeStringProperty("name", event.source());
        json.writeStringProperty("schema", event.table().schema());
        json.writeStringProperty("table", event.table().table());
        json.writeNumberProperty("ts_ms", committed.toEpochMilli());
        json.writeNumberProperty("ts_us", micros(committed));
        json.writeStringProperty("snapshot", Boolean.toString(event.position().isRead()));
        if (transaction == null) {
            json.writeNullProperty("txId");
        } else {
            json.writeNumberProperty("txId", transaction);
        }
        json.writeNumberProperty("lsn", event.lsn());
        json.writeNumberProperty("commit_lsn", event.position().commitLsn());
        json.writeNumberProperty("ordinal", event.position().ordinal());
        json.writeEndObject();
    }

    private static void row(JsonGenerator json, String name, @Nullable Row row) {
        json.writeName(name);
        if (row == null) {
            json.writeNull();
        } else {
            json.writeRawValue(row.toString());
        }
    }

    private static long micros(Instant instant) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }
}
