package io.millrace.admin.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.Column;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyTextTests {

    private static final List<Column> COLUMNS = List.of(
            new Column("order_id", "bigint", "int8", 20, false),
            new Column("code", "text", "text", 25, false),
            new Column("price", "numeric(20,6)", "numeric", 1700, false));

    @Test
    void numbersOfIntegerColumnsAreNotQuoted() {
        assertThat(KeyText.canonical("42", List.of("order_id"), COLUMNS).json()).isEqualTo("{\"order_id\":42}");
        assertThat(KeyText.canonical(" 042 ", List.of("order_id"), COLUMNS).json())
                .isEqualTo("{\"order_id\":42}");
    }

    @Test
    void numericAndTextAreStrings() {
        assertThat(KeyText.canonical("9.900000", List.of("price"), COLUMNS).json())
                .isEqualTo("{\"price\":\"9.900000\"}");
        assertThat(KeyText.canonical("a,b%20\"c\"", List.of("code"), COLUMNS).json())
                .isEqualTo("{\"code\":\"a,b%20\\\"c\\\"\"}");
    }

    @Test
    void valuesOfCompositeKeysAreDecoded() {
        assertThat(KeyText.canonical("7,a%2Cb%2B+", List.of("order_id", "code"), COLUMNS)
                        .json())
                .isEqualTo("{\"order_id\":7,\"code\":\"a,b++\"}");
    }

    @Test
    void whatWasEncodedIsReadAgain() {
        String json = "{\"code\":\"a,b %\",\"order_id\":7}";
        String text = KeyText.encoded(json, List.of("order_id", "code"));
        assertThat(text).isEqualTo("7,a%2Cb%20%25");
        assertThat(KeyText.canonical(text, List.of("order_id", "code"), COLUMNS).json())
                .isEqualTo("{\"order_id\":7,\"code\":\"a,b %\"}");
    }

    @Test
    void tooFewValuesAreRefusedWithTheColumns() {
        assertThatThrownBy(() -> KeyText.canonical("7", List.of("order_id", "code"), COLUMNS))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("order_id, code");
    }
}
