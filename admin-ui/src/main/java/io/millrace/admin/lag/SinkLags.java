package io.millrace.admin.lag;

import io.millrace.admin.lag.WaitingRecords.Place;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.SinkBinding;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Compares what topics hold with what sinks applied, sample after sample. The age of what waits comes from the records themselves, and
 * only those are read that were there at the sample before: under traffic there is nearly always something on its way, and a second
 * later it is not there any more. Used by one thread.
 */
final class SinkLags {

    private final WaitingRecords waiting;
    private Map<TopicPartition, Long> lastEnds = Map.of();
    private Map<String, Instant> lastCaptured = Map.of();

    SinkLags(WaitingRecords waiting) {
        this.waiting = waiting;
    }

    private record Binding(CapturedTable table, SinkBinding sink, Map<Integer, DeliveryOffset> delivered) {}

    /**
     * Returns the lag of every binding.
     *
     * @param deliveries how far the sinks were, read before the ends
     * @param ends where the tables' partitions end; null where Kafka did not answer
     * @param captured by source up to which moment its commits are in Kafka, as far as known
     */
    List<SinkLag> sample(
            List<CapturedTable> tables,
            List<DeliveryOffset> deliveries,
            @Nullable Map<TopicPartition, Long> ends,
            Map<String, Instant> captured,
            Instant now) {
        List<Binding> bindings = bindings(tables, deliveries);
        if (ends == null) {
            return bindings.stream().map(one -> lag(one, null, null, null)).toList();
        }
        Map<String, Map<TopicPartition, Long>> endsByTopic = new HashMap<>();
        ends.forEach((partition, end) -> endsByTopic
                .computeIfAbsent(partition.topic(), topic -> new HashMap<>())
                .put(partition, end));
        List<Backlog> backlogs = bindings.stream()
                .map(one -> Backlog.of(
                        one.delivered(), endsByTopic.getOrDefault(one.table().topic(), Map.of()), lastEnds))
                .toList();
        Set<Place> places = new HashSet<>();
        backlogs.forEach(backlog -> places.addAll(backlog.first()));
        Map<Place, Instant> committedAt = places.isEmpty() ? Map.of() : waiting.committedAt(places);
        List<SinkLag> lags = new ArrayList<>();
        for (int i = 0; i < bindings.size(); i++) {
            Binding one = bindings.get(i);
            Backlog backlog = backlogs.get(i);
            lags.add(lag(one, backlog.records(), seconds(backlog, committedAt, now), upTo(one, backlog, committedAt)));
        }
        lastEnds = ends;
        lastCaptured = captured;
        return lags;
    }

    private static @Nullable Double seconds(Backlog backlog, Map<Place, Instant> committedAt, Instant now) {
        if (backlog.first().isEmpty()) {
            return 0.0;
        }
        Instant oldest = backlog.oldest(committedAt);
        return oldest == null
                ? null
                : (Double) (Math.max(0, Duration.between(oldest, now).toMillis()) / 1000.0);
    }

    /** What came since the sample before stands behind all that was committed when that one was taken. */
    private @Nullable Instant upTo(Binding binding, Backlog backlog, Map<Place, Instant> committedAt) {
        if (backlog.records() == 0 || !committedAt.keySet().containsAll(backlog.first())) {
            return null;
        }
        Instant oldest = backlog.oldest(committedAt);
        Instant before = lastCaptured.get(binding.table().source());
        if (!backlog.fresh()) {
            return oldest;
        }
        return before == null || oldest != null && oldest.isBefore(before) ? oldest : before;
    }

    private static List<Binding> bindings(List<CapturedTable> tables, List<DeliveryOffset> deliveries) {
        Map<String, Map<Integer, DeliveryOffset>> delivered = new HashMap<>();
        for (DeliveryOffset offset : deliveries) {
            delivered
                    .computeIfAbsent(offset.sink() + " " + offset.topic(), both -> new HashMap<>())
                    .put(offset.partition(), offset);
        }
        return tables.stream()
                .flatMap(table -> table.sinks().stream()
                        .map(sink -> new Binding(
                                table, sink, delivered.getOrDefault(sink.sink() + " " + table.topic(), Map.of()))))
                .toList();
    }

    private static SinkLag lag(
            Binding binding, @Nullable Long records, @Nullable Double seconds, @Nullable Instant upTo) {
        long applied = 0;
        DeliveryOffset waits = null;
        for (DeliveryOffset offset : binding.delivered().values()) {
            applied += offset.nextOffset();
            if (waits == null && offset.waitingFor() != null) {
                waits = offset;
            }
        }
        return new SinkLag(
                binding.sink().sink(),
                binding.table().source(),
                binding.table().table(),
                binding.table().id(),
                records,
                seconds,
                upTo,
                applied,
                binding.sink().state(),
                waits == null ? null : waits.waitingSince(),
                waits == null ? null : waits.waitingFor(),
                binding.sink().message());
    }
}
