package io.millrace.capture.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.preflight.SourceType;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValueEncodersTests {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "int4|42|42",
                "float8|1e+20|1e+20",
                "float8|-0|-0",
                "float4|NaN|\"NaN\"",
                "float8|-Infinity|\"-Infinity\"",
                "bool|t|true",
                "bool|f|false",
                "numeric|1.50|\"1.50\"",
                "timestamp|2024-01-02 03:04:05|\"2024-01-02T03:04:05.000000\"",
                "timestamp|2024-01-02 03:04:05.12|\"2024-01-02T03:04:05.120000\"",
                "timestamp|0044-03-15 12:00:00 BC|\"0044-03-15T12:00:00.000000 BC\"",
                "timestamp|infinity|\"infinity\"",
                "timestamptz|2024-01-02 03:04:05.123456+00|\"2024-01-02T03:04:05.123456Z\"",
                "timestamptz|0044-03-15 12:00:00+00 BC|\"0044-03-15T12:00:00.000000Z BC\"",
                "bytea|\\x|\"\"",
                "bytea|\\x66|\"Zg==\"",
                "bytea|\\x666f|\"Zm8=\"",
                "bytea|\\x666f6f|\"Zm9v\"",
                "uuid|a0ee|\"a0ee\"",
            })
    void valueOfAType(String type, String text, String json) {
        assertThat(encode(new SourceType(type, null, ','), text)).isEqualTo(json);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}|[]",
                "{a,b}|[\"a\",\"b\"]",
                "{NULL,null,\"NULL\"}|[null,\"null\",\"NULL\"]",
                "{{a,b},{c,d}}|[[\"a\",\"b\"],[\"c\",\"d\"]]",
                "{\"a,b\",\"{}\",\"\"}|[\"a,b\",\"{}\",\"\"]",
                "{\"q\\\"q\",\"b\\\\b\"}|[\"q\\\"q\",\"b\\\\b\"]",
                "[0:1]={a,b}|\"[0:1]={a,b}\"",
            })
    void arrayOfText(String text, String json) {
        assertThat(encode(new SourceType("_text", new SourceType("text", null, ','), ','), text))
                .isEqualTo(json);
    }

    @Test
    void controlCharactersAreEscaped() {
        assertThat(encode(new SourceType("text", null, ','), "a\u0001\t\n\"\\é😀"))
                .isEqualTo("\"a\\u0001\\t\\n\\\"\\\\é😀\"");
    }

    @ParameterizedTest
    @CsvSource({"0", "7", "-1", "10", "9223372036854775807", "-9223372036854775808", "1000000"})
    void numbersAreWrittenInDecimal(long number) {
        JsonBytes out = new JsonBytes();
        out.number(number);
        assertThat(out).hasToString(Long.toString(number));
    }

    private static String encode(SourceType type, String text) {
        byte[] utf8 = ("xx" + text + "yy").getBytes(StandardCharsets.UTF_8);
        JsonBytes out = new JsonBytes();
        ValueEncoders.of(type).encode(utf8, 2, utf8.length - 4, out);
        return out.toString();
    }
}
