package io.millrace.event.kafka;

import static org.assertj.core.api.Assertions.assertThat;

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
    void namesOf63BytesOfUnicodeHaveLegalTopicsOfTheirOwn() {
        List<TableId> tables = List.of(
                new TableId("é".repeat(31), "ü".repeat(31)),
                new TableId("é".repeat(31), "ü".repeat(30) + "u"),
                new TableId("é".repeat(30), "ü".repeat(31)),
                new TableId("日".repeat(21), "\".\".".repeat(15)),
                new TableId("日".repeat(21), "\".\".".repeat(15) + "."));

        assertThat(tables.stream()
                        .map(table -> Topics.of("s".repeat(40), table))
                        .collect(Collectors.toSet()))
                .hasSize(tables.size())
                .allMatch(topic -> topic.matches("[a-zA-Z0-9._-]+"))
                .allMatch(topic -> Topics.deadLetters(topic, "elasticsearch").length() <= 249);
    }

    @Test
    void topicsThatKafkaWouldTakeForOneAreToldApart() {
        TableId one = new TableId("a", "b_c");
        TableId other = new TableId("a_b", "c");

        assertThat(Topics.collide(Topics.of("s", one), Topics.of("s", other))).isTrue();
        assertThat(Topics.collide(Topics.of("s", one), Topics.distinct("s", other)))
                .isFalse();
        assertThat(Topics.collide(Topics.of("s", one), Topics.of("s", one))).isFalse();
    }
}
