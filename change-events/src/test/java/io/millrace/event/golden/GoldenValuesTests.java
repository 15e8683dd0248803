package io.millrace.event.golden;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.Row;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

class GoldenValuesTests {

    static List<GoldenValues> files() {
        return GoldenValues.all();
    }

    static Stream<GoldenValues.Value> values() {
        return files().stream().flatMap(file -> file.values().stream());
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyFileHoldsValues(GoldenValues file) {
        assertThat(file.values()).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("values")
    void everyValueIsJsonThatARowHandsOutByteForByte(GoldenValues.Value value) {
        JsonMapper.builder().build().readTree(value.json());
        Row row = Row.of("{\"before\":1,\"v\":" + value.json() + ",\"behind\":null}");
        assertThat(row.json("v")).isEqualTo(value.json());
        assertThat(row.json("behind")).isEqualTo("null");
        assertThat(Row.ofColumns(row.columns())).isEqualTo(row);
    }
}
