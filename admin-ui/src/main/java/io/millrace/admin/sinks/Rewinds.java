package io.millrace.admin.sinks;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.Offsets.TopicPartitionId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/**
 * Has a sink given a table's changes again, while it and the others run. What it holds in a newer version stays, and the history leaves
 * out what it has: readers see no difference, except where something was missing or wrong.
 */
@Component("adminRewinds")
class Rewinds {

    private static final Logger log = LoggerFactory.getLogger(Rewinds.class);

    private final Offsets offsets;
    private final TopicSearch topics;

    Rewinds(Offsets offsets, TopicSearch topics) {
        this.offsets = offsets;
        this.topics = topics;
    }

    /** A partition that was rewound. */
    record Moved(int partition, long from, long to) {}

    /**
     * Moves the sink back.
     *
     * @return what was moved, by partition
     * @throws Problem if nothing lies between the target and where the sink stands
     */
    List<Moved> rewind(String sink, CapturedTable table, RewindTarget target, String by) {
        Map<TopicPartition, Long> found = topics.find(table.topic(), target);
        Map<TopicPartitionId, Long> to = new HashMap<>();
        List<Moved> moved = new ArrayList<>();
        for (DeliveryOffset offset : delivered(sink, table)) {
            Long first = found.get(new TopicPartition(offset.topic(), offset.partition()));
            if (first != null && first < offset.nextOffset()) {
                to.put(new TopicPartitionId(offset.topic(), offset.partition()), first);
                moved.add(new Moved(offset.partition(), offset.nextOffset(), first));
            }
        }
        if (moved.isEmpty()) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Nothing to deliver again",
                    "Kafka holds no change of " + table.table() + " between there and where " + sink
                            + " stands. Rewind further back, or read all rows again.");
        }
        offsets.rewind(sink, to);
        log.info("{} was rewound in {} by {}: {}", sink, table.topic(), by, moved);
        moved.sort(Comparator.comparingInt(Moved::partition));
        return moved;
    }

    List<DeliveryOffset> delivered(String sink, CapturedTable table) {
        return offsets.deliveries(sink).stream()
                .filter(offset -> offset.topic().equals(table.topic()))
                .toList();
    }

    /** Tells whether the topic no longer holds what comes next in some partition. */
    boolean hasGaps(String sink, CapturedTable table) {
        return !gaps(sink, table).isEmpty();
    }

    /** Moves the sink over what the topic no longer holds. What was lost there, only a new snapshot can make good. */
    void passGaps(String sink, CapturedTable table, String by) {
        Map<TopicPartitionId, Long> to = gaps(sink, table);
        offsets.rewind(sink, to);
        log.warn("{} passes records that are gone from {}, as {} decided: {}", sink, table.topic(), by, to);
    }

    private Map<TopicPartitionId, Long> gaps(String sink, CapturedTable table) {
        Map<TopicPartition, Long> stands = delivered(sink, table).stream()
                .collect(Collectors.toMap(
                        offset -> new TopicPartition(offset.topic(), offset.partition()), DeliveryOffset::nextOffset));
        Map<TopicPartitionId, Long> to = new HashMap<>();
        topics.outside(table.topic(), stands)
                .forEach((partition, range) ->
                        to.put(new TopicPartitionId(partition.topic(), partition.partition()), range.begin()));
        return to;
    }
}
