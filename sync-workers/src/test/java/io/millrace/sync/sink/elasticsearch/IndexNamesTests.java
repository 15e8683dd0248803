package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.RowKey;
import io.millrace.event.TableId;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class IndexNamesTests {

    private static String alias(String table) {
        return IndexNames.alias("shop", new TableId("public", table));
    }

    @Test
    void plainNamesAreAsTheyAre() {
        assertThat(alias("order_lines")).isEqualTo("shop.public.order_lines");
    }

    @Test
    void noTwoTablesShareAnAlias() {
        Set<String> aliases = Stream.of(
                        "Orders",
                        "orders",
                        "o~rders",
                        "~orders",
                        "a.b",
                        "a b",
                        "a,b",
                        "ä",
                        "Ä",
                        "A~b",
                        "a~B",
                        "x".repeat(300))
                .map(IndexNamesTests::alias)
                .collect(Collectors.toSet());
        assertThat(aliases).hasSize(12).allSatisfy(alias -> assertThat(alias)
                .isLowerCase()
                .hasSizeLessThanOrEqualTo(248)
                .doesNotContainAnyWhitespaces()
                .doesNotContain(",", "#", ":", "?", "*", "\""));
    }

    @Test
    void longKeysHaveAHashForAnId() {
        assertThat(IndexNames.id(new RowKey("{\"id\":42}"))).isEqualTo("42");
        assertThat(IndexNames.id(new RowKey("{\"id\":\"" + "k".repeat(512) + "\"}")))
                .hasSize(512);
        assertThat(IndexNames.id(new RowKey("{\"id\":\"" + "k".repeat(513) + "\"}")))
                .startsWith("!")
                .hasSize(65);
    }
}
