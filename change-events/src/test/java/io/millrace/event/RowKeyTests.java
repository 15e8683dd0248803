package io.millrace.event;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RowKeyTests {

    @Test
    void keyValuesAreJoinedByCommasAndNeverCollide() {
        assertThat(new RowKey("{\"order_id\":42,\"line_no\":1}").encoded()).isEqualTo("42,1");
        assertThat(new RowKey("{\"a\":\"x,y\",\"b\":\"z\"}").encoded()).isEqualTo("x%2Cy,z");
        assertThat(new RowKey("{\"a\":\"x\",\"b\":\"y,z\"}").encoded()).isEqualTo("x,y%2Cz");
    }

    @Test
    void namesAndValuesComeInTheKeysOrder() {
        RowKey key = new RowKey("{\"z \\\"\":\"b\",\"a\":1}");
        assertThat(key.names()).containsExactly("z \"", "a");
        assertThat(key.values()).containsExactly("b", "1");
    }

    @Test
    void everyReservedCharacterIsPercentEncoded() {
        assertThat(RowKey.percentEncode("a b*c~d/é%+")).isEqualTo("a%20b%2Ac~d%2F%C3%A9%25%2B");
    }

    @Test
    void largeNumbersKeepEveryDigit() {
        assertThat(new RowKey("{\"id\":9223372036854775807}").values()).containsExactly("9223372036854775807");
    }

    @Test
    void keysOfArraysAreToldApart() {
        RowKey key = new RowKey("{\"path\":[1,2],\"at\":\"x\"}");
        assertThat(key.values()).containsExactly("[1,2]", "x");
        assertThat(key.encoded())
                .isEqualTo("%5B1%2C2%5D,x")
                .isNotEqualTo(new RowKey("{\"path\":[1,3],\"at\":\"x\"}").encoded());
    }

    @Test
    void sameKeyInAnotherTableHasAnotherHash() {
        RowKey key = new RowKey("{\"id\":1}");

        assertThat(key.hash("shop", new TableId("public", "a")))
                .isNotEqualTo(key.hash("shop", new TableId("public", "b")))
                .isEqualTo(new RowKey("{\"id\":1}").hash("shop", new TableId("public", "a")));
    }
}
