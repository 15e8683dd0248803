package io.millrace.admin.sinks;

import io.millrace.admin.lag.TopicEnds;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.SinkBinding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Looks up how the delivery of tables to sinks is. */
@Component("adminDeliveries")
class Deliveries {

    private final Bindings bindings;
    private final Offsets offsets;
    private final TopicEnds ends;
    private final JdbcClient sql;

    Deliveries(Bindings bindings, Offsets offsets, TopicEnds ends, JdbcTemplate template) {
        this.bindings = bindings;
        this.offsets = offsets;
        this.ends = ends;
        this.sql = JdbcClient.create(template);
    }

    Delivery of(String sink, long tableId) {
        CapturedTable table = bindings.table(sink, tableId);
        SinkBinding binding = bindings.binding(sink, table);
        List<Delivery.Partition> partitions = partitions(sink, table);
        Map<String, Long> letters = letters(sink, table.topic());
        return new Delivery(
                sink,
                tableId,
                table.topic(),
                binding.state(),
                binding.message(),
                binding.stateSince(),
                partitions.stream().anyMatch(Delivery.Partition::replays),
                partitions,
                new Delivery.DeadLetters(
                        letters.getOrDefault("OPEN", 0L),
                        letters.getOrDefault("WAITING", 0L),
                        letters.getOrDefault("RETRYING", 0L)),
                sql.sql("SELECT message FROM millrace.delivery_finding WHERE sink = ? AND topic = ?")
                        .params(sink, table.topic())
                        .query(String.class)
                        .list());
    }

    private Map<String, Long> letters(String sink, String topic) {
        Map<String, Long> counts = new HashMap<>();
        sql.sql("SELECT state, count(*) AS letters FROM millrace.dead_letter"
                        + " WHERE sink = ? AND topic = ? AND state IN ('OPEN', 'WAITING', 'RETRYING') GROUP BY state")
                .params(sink, topic)
                .query(row -> {
                    counts.put(row.getString("state"), row.getLong("letters"));
                });
        return counts;
    }

    private List<Delivery.Partition> partitions(String sink, CapturedTable table) {
        Map<TopicPartition, Long> known = ends(table);
        Map<Integer, Delivery.Partition> all = new HashMap<>();
        known.forEach((partition, end) -> all.put(
                partition.partition(),
                new Delivery.Partition(partition.partition(), 0, end, null, null, null, null, 0, 0)));
        for (DeliveryOffset offset : offsets.deliveries(sink)) {
            if (offset.topic().equals(table.topic())) {
                all.put(
                        offset.partition(),
                        partition(offset, known.get(new TopicPartition(offset.topic(), offset.partition()))));
            }
        }
        List<Delivery.Partition> sorted = new ArrayList<>(all.values());
        sorted.sort(Comparator.comparingInt(Delivery.Partition::partition));
        return sorted;
    }

    private Map<TopicPartition, Long> ends(CapturedTable table) {
        try {
            return ends.of(List.of(table.topic()));
        } catch (TopicEnds.KafkaUnavailable e) {
            // shown as unknown; what the catalog knows is shown all the same
            return Map.of();
        }
    }

    private static Delivery.Partition partition(DeliveryOffset offset, @Nullable Long end) {
        return new Delivery.Partition(
                offset.partition(),
                offset.nextOffset(),
                end,
                offset.lastPosition(),
                offset.committedAt(),
                offset.waitingSince(),
                offset.waitingFor(),
                offset.replayUntil(),
                offset.rewinds());
    }
}
