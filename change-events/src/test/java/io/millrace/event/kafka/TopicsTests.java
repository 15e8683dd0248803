package io.millrace.event.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.event.TableId;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TopicsTests {

    @Test
    void ordinaryNamesFollowDebeziumsConvention() {
        assertThat(Topics.of("shop", new TableId("public", "order_lines"))).isEqualTo("shop.public.order_lines");
    }

    @Test
    void namesThatKafkaRefusesNeverShareATopic() {
        List<TableId> tables = List.of(
                new TableId("a", "b.c"),
                new TableId("a.b", "c"),
                new TableId("a", "b_x2ec"),
                new TableId("a", "b,c"),
                new TableId("a", "b c"),
                new TableId("a", "Bücher"),
                new TableId("a", "\"q\""));

        assertThat(tables.stream().map(table -> Topics.of("s", table)).collect(Collectors.toSet()))
                .hasSize(tables.size())
                .allMatch(topic -> topic.matches("[a-zA-Z0-9._-]+"));
    }

    @Test
    void aNameTooLongForKafkaIsRefusedWithItsLength() {
        assertThatThrownBy(() -> Topics.of("s", new TableId("é".repeat(31), "ü".repeat(31))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("249");
    }
}
