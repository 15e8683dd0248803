package io.millrace.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowTests {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-12.5e+10",
                "9223372036854775807",
                "true",
                "null",
                "\"\"",
                "\"a \\\"quoted\\\" \\u0001 text, {}[]\"",
                "\"Grüße 🚀\"",
                "[]",
                "[1,null,[2,\"x]\"]]",
                "{\"a\":{\"b\":[1]}}"
            })
    void aValueComesBackByteForByteWhereverItStands(String value) {
        Row row = Row.of("{\"first\":" + value + ",\"middle\" : " + value + " ,\"last\":" + value + "}");

        assertThat(row.json("first")).isEqualTo(value);
        assertThat(row.json("middle")).isEqualTo(value);
        assertThat(row.json("last")).isEqualTo(value);
    }

    @Test
    void aSliceOfALargerArrayIsReadByItself() {
        byte[] all = "xx{\"id\":1,\"n\":22}yy".getBytes(StandardCharsets.UTF_8);
        Row row = new Row(all, 2, all.length - 4);

        assertThat(row.json("n")).isEqualTo("22");
        assertThat(row).isEqualTo(Row.of("{\"id\":1,\"n\":22}")).hasToString("{\"id\":1,\"n\":22}");
    }

    @Test
    void absentIsNotNull() {
        assertThat(Row.of("{\"a\":null}").json("a")).isEqualTo("null");
        assertThat(Row.of("{\"a\":null}").json("b")).isNull();
    }

    @Test
    void namesThatNeedEscapingSurviveARewrite() {
        Row row = Row.of("{\"a\\\"b\":1,\"ü.,\":2,\"c\":3}");

        assertThat(row.without(Set.of("c"))).hasToString("{\"a\\\"b\":1,\"ü.,\":2}");
    }

    @Test
    void valuesThatWereNotSentComeFromTheOlderRow() {
        Row now = Row.of("{\"id\":1,\"big\":\"__debezium_unavailable_value\",\"n\":2}");
        Row then = Row.of("{\"id\":1,\"big\":\"old text\",\"n\":1}");

        assertThat(now.withValuesFrom(then, Set.of("big"))).hasToString("{\"id\":1,\"big\":\"old text\",\"n\":2}");
        assertThat(now.withValuesFrom(Row.of("{\"id\":1}"), Set.of("big"))).hasToString("{\"id\":1,\"n\":2}");
    }

    @Test
    void diffNamesWhatIsKnownToDifferAndNothingElse() {
        Row before = Row.of("{\"id\":1,\"price\":\"1.00\",\"big\":\"x\"}");
        Row after = Row.of("{\"id\":1,\"price\":\"1.10\",\"big\":\"__debezium_unavailable_value\",\"added\":5}");

        assertThat(RowDiff.changedColumns(before, after, Set.of("big"))).containsExactly("price");
        assertThat(RowDiff.changedColumns(null, after, Set.of())).isEmpty();
    }
}
