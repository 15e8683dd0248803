package io.millrace.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangeEventCodecTests {

    private static final String UPDATE = """
            {"before":{"id":7},"after":{"id":8,"name":"Ünal {","big":"__debezium_unavailable_value"},
             "source":{"version":"0.1","connector":"postgresql","name":"shop","ts_ms":1767225600123,"ts_us":1767225600123456,
             "snapshot":"false","db":"shop","schema":"public","table":"customers","txId":4294967295,"lsn":27440944},
             "transaction":null,"op":"u","ts_ms":1767225600130,"ts_us":1767225600130001}""";

    private final ChangeEventCodec codec = new ChangeEventCodec();
    private final Map<String, String> headers = new HashMap<>(Map.of(
            EventHeaders.POSITION, "1-0000000001A2B3C8-00000002",
            EventHeaders.LSN, "0000000001A2B300",
            EventHeaders.SCHEMA_VERSION, "3",
            EventHeaders.BEFORE, "KEY",
            EventHeaders.UNAVAILABLE, "[\"big\"]",
            EventHeaders.ACTOR, "{\"user\":\"anna\"}"));

    @Test
    void everyPartOfAnEventIsRead() {
        ChangeEvent event = codec.decode(bytes("{\"id\":8}"), bytes(UPDATE), headers::get);

        assertThat(event.source()).isEqualTo("shop");
        assertThat(event.table()).isEqualTo(new TableId("public", "customers"));
        assertThat(event.eventId()).isEqualTo("shop-1-0000000001A2B3C8-00000002");
        assertThat(event.lsn()).isEqualTo(0x1A2B300L);
        assertThat(event.operation()).isEqualTo(Operation.UPDATE);
        assertThat(event.key()).isEqualTo(new RowKey("{\"id\":8}"));
        assertThat(event.before()).hasToString("{\"id\":7}");
        assertThat(event.beforeCompleteness()).isEqualTo(BeforeCompleteness.KEY);
        assertThat(event.after())
                .hasToString("{\"id\":8,\"name\":\"Ünal {\",\"big\":\"__debezium_unavailable_value\"}");
        assertThat(event.unavailable()).containsExactly("big");
        assertThat(event.transaction())
                .isEqualTo(new TransactionInfo(
                        4294967295L, Instant.parse("2026-01-01T00:00:00.123456Z"), "{\"user\":\"anna\"}"));
        assertThat(event.capturedAt()).isEqualTo(Instant.parse("2026-01-01T00:00:00.130001Z"));
        assertThat(event.schemaVersion()).isEqualTo(3);
    }

    @Test
    void aLaterChangeOfARowHasTheLargerVersionAcrossEpochs() {
        ChangeEvent first = codec.decode(null, bytes(UPDATE), headers::get);
        headers.put(EventHeaders.POSITION, "2-0000000000000001-00000000");
        headers.put(EventHeaders.LSN, "0000000000000001");
        ChangeEvent afterRestore = codec.decode(null, bytes(UPDATE), headers::get);

        assertThat(afterRestore.rowVersion()).isGreaterThan(first.rowVersion()).isPositive();
    }

    @Test
    void whatIsMissingIsNamed() {
        headers.remove(EventHeaders.POSITION);

        assertThatThrownBy(() -> codec.decode(null, bytes(UPDATE), headers::get))
                .isInstanceOf(MalformedEventException.class)
                .hasMessageContaining(EventHeaders.POSITION);
        assertThatThrownBy(() -> codec.decode(null, bytes("{\"op\":\"u\"}"), headers::get))
                .isInstanceOf(MalformedEventException.class)
                .hasMessageContaining("source");
        assertThatThrownBy(() -> codec.decode(null, bytes("hello"), headers::get))
                .isInstanceOf(MalformedEventException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "\"x\"", "abc", "[1]", "{\"id\":1}x", "{\"id\":}", "null"})
    void keysAndImagesThatAreNoObjectsAreRefusedHereAndNotInASink(String text) {
        assertThatThrownBy(() -> codec.decode(bytes(text), bytes(UPDATE), headers::get))
                .isInstanceOf(MalformedEventException.class);
        String image = text.equals("null") ? "[]" : text;
        assertThatThrownBy(() -> codec.decode(
                        null, bytes(UPDATE.replace("\"before\":{\"id\":7}", "\"before\":" + image)), headers::get))
                .isInstanceOf(MalformedEventException.class);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
