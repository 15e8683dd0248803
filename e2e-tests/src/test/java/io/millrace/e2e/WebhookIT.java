package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.e2e.WebhookReceiver.Delivery;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A third party's receiver is one sink of a table among others. */
@ExtendWith(PipelineExtension.class)
class WebhookIT {

    private static final String PLANTED = "planted-5ecret-0815@example.org";
    private static final int BOOKINGS = 30;

    private final Pipeline pipeline;

    WebhookIT(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    private static String row(int id, String city, int total) {
        return "{\"id\":" + id + ",\"email\":\"withheld\",\"city\":\"" + city + "\",\"total\":\"" + total + ".00\"}";
    }

    private void register(String table) {
        Api.Answer answer = pipeline.api.post("tables", """
                {"source": "shop", "schema": "public", "table": "%s", "sinks": ["elasticsearch", "redis", "audit", "webhook"],
                 "shapings": {"webhook": {"masks": {"email": {"kind": "CONSTANT", "value": "withheld"}},
                                          "filter": "city == 'Oslo'"}}}
                """.formatted(table));
        assertThat(answer.status()).as("%s", answer.body()).isEqualTo(201);
        pipeline.awaitState(answer.body().path("id").asLong(), "STREAMING");
    }

    @Test
    void receiverGetsTheRowsOfItsFilterOnceInOrderAndWithoutWhatIsMasked() {
        String values = ", '" + PLANTED + "', ";
        pipeline.sql(
                "CREATE TABLE hooked (id int PRIMARY KEY, email text, city text NOT NULL, total numeric(12,2) NOT NULL)",
                "ALTER TABLE hooked REPLICA IDENTITY FULL",
                "INSERT INTO hooked VALUES (8" + values + "'Rome', 8), (9" + values + "'Oslo', 9)");
        register("hooked");
        pipeline.sql("INSERT INTO hooked VALUES (1" + values + "'Oslo', 0), (2" + values + "'Rome', 2), (3" + values
                + "'Rome', 3)");
        pipeline.sql(IntStream.range(0, BOOKINGS)
                .mapToObj(i -> "UPDATE hooked SET total = total + 1 WHERE id = 1")
                .toArray(String[]::new));
        pipeline.sql(
                "UPDATE hooked SET total = total + 1 WHERE id = 3",
                "UPDATE hooked SET city = 'Oslo', email = 'x' || email WHERE id = 2",
                "UPDATE hooked SET city = 'Rome' WHERE id = 1",
                "UPDATE hooked SET city = 'Oslo' WHERE id = 1",
                "DELETE FROM hooked WHERE id IN (1, 3)");
        pipeline.assertInStep("hooked");

        List<Delivery> deliveries = pipeline.receiver.of("hooked");
        List<String> first = new ArrayList<>(List.of("create null " + row(1, "Oslo", 0)));
        for (int total = 0; total < BOOKINGS; total++) {
            first.add("update " + row(1, "Oslo", total) + " " + row(1, "Oslo", total + 1));
        }
        first.add("delete null null");
        // back, and without what it was in between
        first.add("update null " + row(1, "Oslo", BOOKINGS));
        first.add("delete " + row(1, "Oslo", BOOKINGS) + " null");
        Map<String, List<String>> expected = new LinkedHashMap<>();
        expected.put("1", first);
        // nothing of what it was while it did not pass
        expected.put("2", List.of("update null " + row(2, "Oslo", 2)));
        // and nothing of rows that never passed: 3, and 8, which was there before
        expected.put("9", List.of("read null " + row(9, "Oslo", 9)));
        assertThat(deliveries.stream()
                        .collect(Collectors.groupingBy(
                                Delivery::row, Collectors.mapping(Delivery::change, Collectors.toList()))))
                .isEqualTo(expected);
        assertThat(deliveries).extracting(Delivery::id).doesNotHaveDuplicates();
        assertThat(deliveries.stream().filter(delivery -> delivery.row().equals("1")))
                .isSortedAccordingTo(Comparator.comparing(
                        delivery -> delivery.event().path("sequence").asString()));
        assertThat(deliveries)
                .allSatisfy(delivery -> assertThat(delivery.body()).doesNotContain(PLANTED));
    }
}
