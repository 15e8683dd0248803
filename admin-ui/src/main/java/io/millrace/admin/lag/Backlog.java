package io.millrace.admin.lag;

import io.millrace.admin.lag.WaitingRecords.Place;
import io.millrace.catalog.DeliveryOffset;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * What Kafka holds of one table that one sink has not applied.
 *
 * @param records how many
 * @param first the first of them in every partition where it was there at the sample before already
 * @param fresh whether there is a partition where all came since then
 */
record Backlog(long records, Set<Place> first, boolean fresh) {

    /**
     * @param delivered how far the sink is, by partition
     * @param ends where the table's partitions end now
     * @param before where they ended at the sample before; empty at the first
     */
    static Backlog of(
            Map<Integer, DeliveryOffset> delivered, Map<TopicPartition, Long> ends, Map<TopicPartition, Long> before) {
        long records = 0;
        Set<Place> first = new HashSet<>();
        boolean fresh = false;
        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
            DeliveryOffset offset = delivered.get(end.getKey().partition());
            long next = offset == null ? 0 : offset.nextOffset();
            if (next >= end.getValue()) {
                continue;
            }
            records += end.getValue() - next;
            Long known = before.get(end.getKey());
            if (known == null || next < known) {
                first.add(new Place(end.getKey(), next));
            } else {
                fresh = true;
            }
        }
        return new Backlog(records, first, fresh);
    }

    /**
     * Returns the commit time of the oldest that was there at the sample before; null where nothing was, or where nothing is known.
     *
     * @param committedAt of what is known
     */
    @Nullable
    Instant oldest(Map<Place, Instant> committedAt) {
        Instant oldest = null;
        for (Place place : first) {
            Instant committed = committedAt.get(place);
            if (committed != null && (oldest == null || committed.isBefore(oldest))) {
                oldest = committed;
            }
        }
        return oldest;
    }
}
