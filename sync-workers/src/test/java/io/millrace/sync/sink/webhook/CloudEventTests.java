package io.millrace.sync.sink.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.BeforeCompleteness;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.event.Row;
import io.millrace.event.RowKey;
import io.millrace.event.SourcePosition;
import io.millrace.event.TableId;
import io.millrace.event.TransactionInfo;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CloudEventTests {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static ChangeEvent event(
            Operation operation, String key, String before, String after, Set<String> missing) {
        return new ChangeEvent(
                "shop",
                new TableId("public", "orders"),
                new SourcePosition(1, 0x19A2B330L, 4),
                0x19A2B200L,
                operation,
                key == null ? null : new RowKey(key),
                before == null ? null : Row.of(before),
                before == null ? BeforeCompleteness.NONE : BeforeCompleteness.FULL,
                after == null ? null : Row.of(after),
                missing,
                new TransactionInfo(700L, Instant.parse("2026-03-01T12:00:00.123456Z"), "{\"user\":\"ann\"}"),
                Instant.parse("2026-03-01T12:00:00.125Z"),
                3);
    }

    private static JsonNode written(ChangeEvent event) {
        return JSON.readTree(CloudEvent.write(event));
    }

    @Test
    void everyAttributeAndTheEnvelopeAreThere() {
        ChangeEvent event = event(
                Operation.UPDATE,
                "{\"id\":42,\"part\":\"a/b\"}",
                "{\"id\":42,\"name\":\"old\"}",
                "{\"id\":42,\"name\":\"\\u00e4\\\"\",\"note\":\"__debezium_unavailable_value\"}",
                Set.of("note"));
        assertThat(written(event)).isEqualTo(JSON.readTree("""
                {"specversion":"1.0","id":"shop-1-0000000019A2B330-00000004","source":"/millrace/shop",
                 "type":"io.millrace.change.update","subject":"public.orders/42,a%2Fb","time":"2026-03-01T12:00:00.123456Z",
                 "datacontenttype":"application/json","sequence":"0001-0000000019A2B330-80000004",
                 "partitionkey":"public.orders/42,a%2Fb",
                 "data":{"before":{"id":42,"name":"old"},"after":{"id":42,"name":"\\u00e4\\""},
                   "source":{"connector":"postgresql","name":"shop","schema":"public","table":"orders","ts_ms":1772366400123,
                     "ts_us":1772366400123456,"snapshot":"false","txId":700,"lsn":430092800,"commit_lsn":430093104,"ordinal":4},
                   "op":"u","ts_ms":1772366400125,"ts_us":1772366400125000,"unavailable":["note"],"actor":"{\\"user\\":\\"ann\\"}"}}
                """));
    }

    @Test
    void truncateHasNeitherKeyNorImages() {
        JsonNode event = written(event(Operation.TRUNCATE, null, null, null, Set.of()));
        assertThat(event.path("type").asString()).isEqualTo("io.millrace.change.truncate");
        assertThat(event.path("subject").asString()).isEqualTo("public.orders");
        assertThat(event.path("data").path("before").isNull()).isTrue();
        assertThat(event.path("data").path("after").isNull()).isTrue();
        assertThat(event.path("data").has("unavailable")).isFalse();
    }

    @Test
    void sequenceSortsAsPositionsDo() {
        SourcePosition[] ordered = {
            SourcePosition.ofRead(1, 0x10, 0),
            SourcePosition.ofRead(1, 0x10, 1),
            new SourcePosition(1, 0x10, 0),
            new SourcePosition(1, 0x10, 10),
            new SourcePosition(1, 0x11, 0),
            new SourcePosition(9, 0x0, 0),
            new SourcePosition(10, 0x0, 0)
        };
        assertThat(java.util.Arrays.stream(ordered).map(CloudEventTests::sequence))
                .isSorted()
                .doesNotHaveDuplicates();
    }

    private static String sequence(SourcePosition position) {
        ChangeEvent any = event(Operation.DELETE, "{\"id\":1}", null, null, Set.of());
        return written(new ChangeEvent(
                        any.source(),
                        any.table(),
                        position,
                        any.lsn(),
                        any.operation(),
                        any.key(),
                        null,
                        any.beforeCompleteness(),
                        null,
                        Set.of(),
                        any.transaction(),
                        any.capturedAt(),
                        1))
                .path("sequence")
                .asString();
    }
}
