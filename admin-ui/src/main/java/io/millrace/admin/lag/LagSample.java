package io.millrace.admin.lag;

import io.millrace.catalog.CapturedTable;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far everything was at one moment.
 *
 * @param at when the sample was begun; null before the first
 * @param tables the tables registered then
 * @param ends how many records each table's topic ever took, by table id; empty where Kafka did not answer
 * @param kafkaError why Kafka did not answer; null where it did
 * @param partitions of all topics together
 */
public record LagSample(
        @Nullable Instant at,
        List<CaptureLag> captures,
        List<SinkLag> sinks,
        List<CapturedTable> tables,
        Map<Long, Long> ends,
        int partitions,
        @Nullable String kafkaError) {

    static final LagSample NONE = new LagSample(null, List.of(), List.of(), List.of(), Map.of(), 0, null);

    /** Returns the sinks of one table. */
    public List<SinkLag> of(long tableId) {
        return sinks.stream().filter(sink -> sink.tableId() == tableId).toList();
    }
}
