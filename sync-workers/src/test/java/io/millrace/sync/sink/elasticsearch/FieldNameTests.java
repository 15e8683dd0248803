package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.Row;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FieldNameTests {

    @ParameterizedTest
    @CsvSource(
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "name,name",
                "_private,_private",
                "Straße 5,Straße 5",
                "100%,100%",
                "50%ab,50%ab",
                "v.v,v%2Ev",
                ".x,%2Ex",
                "a..b,a%2E%2Eb",
                "' ',%20",
                "'\u2003',%E2%80%83",
                "_id,%5Fid",
                "_source,%5Fsource",
                "x%2Ey,x%252Ey",
                "%.,%%2E"
            })
    void onlyWhatElasticsearchReadsAsSomethingElseIsEncoded(String column, String field) {
        assertThat(FieldName.of(column)).isEqualTo(field);
        assertThat(FieldName.isPlain(column)).isEqualTo(column.equals(field));
        assertThat(FieldName.column(field)).isEqualTo(column);
    }

    /** All names of up to five of these characters: where one is taken for another, two of them meet. */
    @Test
    void noTwoColumnsShareAFieldAndEachIsToldFromIt() {
        Map<String, String> columns = new HashMap<>();
        char[] alphabet = {'.', '%', '2', 'E', '5', ' ', '_', 'é'};
        for (int length = 1; length <= 5; length++) {
            for (int number = 0; number < Math.pow(alphabet.length, length); number++) {
                StringBuilder name = new StringBuilder();
                for (int rest = number, i = 0; i < length; i++, rest /= alphabet.length) {
                    name.append(alphabet[rest % alphabet.length]);
                }
                String column = name.toString();
                String field = FieldName.of(column);
                assertThat(columns.put(field, column)).as(field).isNull();
                assertThat(FieldName.column(field)).isEqualTo(column);
                assertThat(field).doesNotContain(".").isNotBlank();
            }
        }
        assertThat(columns).hasSize(8 + 64 + 512 + 4096 + 32768);
    }

    @Test
    void rowIsReadUnderItsColumnsNames() {
        assertThat(FieldName.columns(Row.of("{\"id\":1,\"v%2Ev\":\"50%2E\",\"p%\":null}")))
                .isEqualTo(Row.of("{\"id\":1,\"v.v\":\"50%2E\",\"p%\":null}"));
    }
}
