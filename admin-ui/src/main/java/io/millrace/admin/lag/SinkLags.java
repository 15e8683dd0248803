package io.millrace.admin.lag;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.SinkBinding;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Compares what a topic holds with what a sink applied. */
final class SinkLags {

    private SinkLags() {}

    /** @param ends where the partitions end; null where Kafka did not answer */
    static SinkLag of(
            CapturedTable table,
            SinkBinding binding,
            Map<Integer, Map<String, DeliveryOffset>> delivered,
            @Nullable Map<TopicPartition, Long> ends,
            Instant now) {
        long behind = 0;
        Instant upTo = null;
        boolean nothingApplied = false;
        long applied = 0;
        Instant waitingSince = null;
        String waitingFor = null;
        for (Map<String, DeliveryOffset> partition : delivered.values()) {
            DeliveryOffset offset = partition.get(binding.sink());
            if (offset != null) {
                applied += offset.nextOffset();
                if (waitingFor == null) {
                    waitingSince = offset.waitingSince();
                    waitingFor = offset.waitingFor();
                }
            }
        }
        if (ends != null) {
            for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
                if (!end.getKey().topic().equals(table.topic())) {
                    continue;
                }
                DeliveryOffset offset = delivered
                        .getOrDefault(end.getKey().partition(), Map.of())
                        .get(binding.sink());
                long waiting = Math.max(0, end.getValue() - (offset == null ? 0 : offset.nextOffset()));
                if (waiting > 0) {
                    behind += waiting;
                    Instant committed = offset == null ? null : offset.committedAt();
                    nothingApplied |= committed == null;
                    upTo = committed != null && (upTo == null || committed.isBefore(upTo)) ? committed : upTo;
                }
            }
        }
        Instant from = nothingApplied ? table.registeredAt() : upTo;
        Double seconds = null;
        if (ends != null && behind == 0) {
            seconds = 0.0;
        } else if (from != null) {
            seconds = Math.max(0, Duration.between(from, now).toMillis()) / 1000.0;
        }
        return new SinkLag(
                binding.sink(),
                table.source(),
                table.table(),
                table.id(),
                ends == null ? null : (Long) behind,
                seconds,
                nothingApplied ? null : upTo,
                applied,
                binding.state(),
                waitingSince,
                waitingFor,
                binding.message());
    }
}
